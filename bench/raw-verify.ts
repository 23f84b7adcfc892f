import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';

/** CPU milliseconds of one RSA-2048 SHA-256 verification of 5 kB on this machine, right now: the unit of the other figures. */
export const measureRawVerify = (rounds = 20_000): number => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const message = randomBytes(5_000);
  const signature = sign('sha256', message, privateKey);
  const round = () => {
    if (!verify('sha256', message, publicKey, signature)) throw new Error('a good signature was refused');
  };
  for (let i = 0; i < rounds / 10; i++) round();
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i++) round();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000 / rounds;
};
