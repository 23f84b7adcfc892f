/** `1 user`, `12 users`. */
export const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
