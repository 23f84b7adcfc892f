import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own for database files. */
export const temporaryFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-sqlite-'));
  let copies = 0;
  return {
    file: (name: string): string => join(folder, name),
    /** What kill -9 leaves behind at this moment: the file and its write-ahead log, copied while they are in use. */
    crashImage(path: string): string {
      copies += 1;
      const image = `${path}.crash-${copies}`;
      for (const suffix of ['', '-wal']) {
        if (existsSync(`${path}${suffix}`)) copyFileSync(`${path}${suffix}`, `${image}${suffix}`);
      }
      return image;
    },
    remove: (): void => rmSync(folder, { recursive: true, force: true }),
  };
};
