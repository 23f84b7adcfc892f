// Control characters, halves of surrogate pairs, and the signs that turn the direction of what follows (Unicode TR 36, 2.5).
const deceptive = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Whether a name shows as what it is: one line, no control characters, nothing that reverses the text around it. */
export const isPlainLine = (text: string): boolean => !deceptive.test(text);
