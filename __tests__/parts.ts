import * as fs from 'node:fs';
import * as path from 'node:path';

/** Test files of a folder that the file which runs them as one does not import. */
export function missingParts(entry: string, folder: string): string[] {
  const source = fs.readFileSync(entry, 'utf8');
  const files = fs.readdirSync(path.join(__dirname, folder)).filter((file) => file.endsWith('.ts'));
  return files.filter((file) => !source.includes(`'./${folder}/${path.basename(file, '.ts')}'`));
}
