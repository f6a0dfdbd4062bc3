import * as fs from 'node:fs';
import * as path from 'node:path';
import { OUTSIDE_HOSTS } from './paths';
import { rootfsEntry, rootfsFolder, runInside } from './rootfs';
import type { StepContext } from './step';
import { assetFolder, buildEntry, digest, storePath } from './store';

/** Where Debian's programs find the authorities that they trust. */
export const TRUST_FILE = 'etc/ssl/certs/ca-certificates.crt';

/** Cache entry with the certificate of the outside world (`server.crt`, `server.key`) and its authority (`authority.crt`). */
export function outsideEntry(): string {
  return storePath('outside', digest([path.basename(rootfsEntry()), ...OUTSIDE_HOSTS], ['outside/certificates.sh']));
}

/** Debian's root certificates and the outside world's: what every image trusts. */
export function trustBundle(): string {
  return path.join(outsideEntry(), 'ca-certificates.crt');
}

/** Makes the certificates. */
export async function buildOutside(ctx: StepContext): Promise<void> {
  await buildEntry(outsideEntry(), ctx.signal, async (folder) => {
    await runInside(ctx, path.join(assetFolder(), 'outside'), folder, ['sh', '/build/in/certificates.sh', '/build/out', ...OUTSIDE_HOSTS]);
    const bundle = [path.join(rootfsFolder(), TRUST_FILE), path.join(folder, 'authority.crt')].map((file) => fs.readFileSync(file, 'utf8'));
    fs.writeFileSync(path.join(folder, 'ca-certificates.crt'), bundle.join(''));
  });
}
