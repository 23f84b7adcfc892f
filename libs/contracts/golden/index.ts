import { readdirSync, readFileSync } from 'node:fs';

/** A record as some version of the product has published it. Samples are only ever added: they must parse for ever. */
export interface GoldenSample {
  /** `v1/connector.created` */
  readonly name: string;
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: unknown;
}

/** Every sample of every version. */
export const goldenSamples = (): readonly GoldenSample[] => {
  const root = new URL('./', import.meta.url);
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((version) =>
      readdirSync(new URL(`${version.name}/`, root))
        .filter((file) => file.endsWith('.json'))
        .map((file) => ({
          name: `${version.name}/${file.slice(0, -'.json'.length)}`,
          ...(JSON.parse(readFileSync(new URL(`${version.name}/${file}`, root), 'utf8')) as Omit<GoldenSample, 'name'>),
        })),
    );
};
