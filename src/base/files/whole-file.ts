import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Where `writeWhole` writes before it renames; what a crash has left there is overwritten. */
export const freshName = (file: string): string => `${file}.new`;

/** Writes all of a file or nothing: a full disk or a crash leaves what was there before. */
export async function writeWhole(file: string, content: string | Buffer, mode = 0o644): Promise<void> {
  const fresh = freshName(file);
  await mkdir(dirname(file), { recursive: true });
  try {
    const handle = await open(fresh, 'w', mode);
    try {
      await handle.writeFile(content);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}
