import type { Message } from './consumer.ts';

/** Aggregates whose last sequence is remembered; beyond that the one seen longest ago is forgotten, and with it its gap. */
const mostRemembered = 10_000;

export interface SequenceGap {
  readonly expected: number;
  readonly found: number;
}

/** Facts of one aggregate count without gaps: who sees 3 after 1 knows that 2 was lost. Repeats are no gaps. */
export const createSequenceWatch = (most: number = mostRemembered) => {
  const last = new Map<string, number>();
  return {
    /** The gap before this message, if it is a fact of an aggregate that was seen before. */
    see(message: Message): SequenceGap | undefined {
      if (message.kind !== 'fact') return undefined;
      const name = `${message.topic}/${message.key}`;
      const { sequence } = message.fact;
      const known = last.get(name);
      if (known !== undefined && sequence <= known) return undefined;
      last.delete(name);
      last.set(name, sequence);
      if (last.size > most) {
        const [oldest] = last.keys();
        if (oldest !== undefined) last.delete(oldest);
      }
      return known !== undefined && sequence > known + 1 ? { expected: known + 1, found: sequence } : undefined;
    },
  };
};
