import type { Connector, NameIdFormatName } from '@gatehouse/contracts';
import { nameIdFormats } from '@gatehouse/contracts/connector';

/** The types as the list shows them. */
export const typeWords: Readonly<Record<string, string>> = { SAML_V2: 'SAML V2', OAUTH2: 'OAUTH2' };

/** The types as the form offers them. */
export const typeChoices = [
  { value: 'SAML_V2', label: 'SAML v2' },
  { value: 'OAUTH2', label: 'OAUTH 2' },
] as const;

export const nameIdFormatWords: Readonly<Record<NameIdFormatName, string>> = {
  emailAddress: 'Email address',
  persistent: 'Persistent',
  transient: 'Transient',
  unspecified: 'Unspecified',
};

const formatNames = Object.keys(nameIdFormats) as readonly NameIdFormatName[];

/** `Email address` for the URN or short name; another URN stays as it is. */
export const nameIdFormatLabel = (format: string): string => {
  const name = formatNames.find((each) => each === format || nameIdFormats[each] === format);
  return name === undefined ? format : nameIdFormatWords[name];
};

/** `Corp (corp)`, for dialogs and menus. */
export const connectorName = ({ name, reference }: Pick<Connector, 'name' | 'reference'>): string =>
  `${name} (${reference})`;
