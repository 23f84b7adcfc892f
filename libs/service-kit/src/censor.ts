/** Shown in place of a secret. */
export const censored = '•••';

/** Members that are never written, wherever they stand. The last net: nothing logs them on purpose. In lower case. */
const secretMembers = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'x-csrf-token',
  'samlresponse',
  'samlrequest',
  'relaystate',
  'assertion',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'csrftoken',
  'passphrase',
  'password',
  'secret',
  'clientsecret',
  'privatekey',
]);

/** `code` alone names errors and problems; a one-time code only ever stands in these. */
const withOneTimeCodes = new Set(['body', 'query']);

const mostLevels = 6;

/** Anything but an array or an object literal, errors among them, is its serializer's business. */
const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value));

const censorMember = (name: string, value: unknown, within: string, level: number): unknown => {
  if (value === undefined) return undefined;
  const isSecret = secretMembers.has(name.toLowerCase()) || (name === 'code' && withOneTimeCodes.has(within));
  return isSecret ? censored : censor(value, name, level);
};

/** The value with its secrets replaced; what holds none is the same object as before. */
const censor = (value: unknown, within: string, level: number): unknown => {
  if (Array.isArray(value)) {
    if (level >= mostLevels) return '…';
    return value.map((item) => censor(item, within, level + 1));
  }
  if (!isPlain(value)) return value;
  if (level >= mostLevels) return '…';
  let copy: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const shown = censorMember(name, member, within, level + 1);
    if (shown === member) continue;
    copy ??= { ...value };
    copy[name] = shown;
  }
  return copy ?? value;
};

/** The fields of a log line with everything that must not be written replaced by name, six levels deep; deeper is left out. */
export const censorFields = (fields: Record<string, unknown>): Record<string, unknown> => {
  const shown = censor(fields, '', 0);
  return isPlain(shown) ? shown : fields;
};
