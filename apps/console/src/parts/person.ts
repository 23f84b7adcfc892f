/** `Alice (alice@corp.example)`, or the username alone where there is no other name. */
export const personName = ({
  username,
  displayName,
}: {
  readonly username: string;
  readonly displayName: string;
}): string => (displayName === '' || displayName === username ? username : `${displayName} (${username})`);
