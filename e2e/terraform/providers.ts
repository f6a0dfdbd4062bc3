import * as fs from 'node:fs';
import * as path from 'node:path';
import { findGo } from '../../local-cluster/programs';
import { run } from '../../local-cluster/run';
import type { StepContext } from '../../local-cluster/step';
import { buildEntry, digest, storePath } from '../../local-cluster/store';

/** The providers of our stacks above the cluster, by the versions that the stacks pin. */
const PROVIDERS = { kubernetes: '2.38.0', helm: '3.1.1' } as const;
type Provider = keyof typeof PROVIDERS;

/**
 * Compiles Terraform's Kubernetes and Helm providers from the Go proxy, for machines that reach no provider registry.
 * Each is the commit that its go.mod pins, later than the version that our stacks ask for and under whose name it is offered.
 * @returns a configuration file for Terraform (`TF_CLI_CONFIG_FILE`) that installs them from the build cache
 */
export async function providerConfiguration(ctx: StepContext): Promise<string> {
  const names = Object.keys(PROVIDERS) as Provider[];
  const entry = storePath('terraform-providers', digest([process.platform, process.arch, JSON.stringify(PROVIDERS), ...names.flatMap(moduleFiles)]));
  await buildEntry(entry, ctx.signal, async (folder) => {
    const go = await findGo(ctx);
    for (const name of names) {
      const place = path.join(folder, 'registry.terraform.io', 'hashicorp', name, PROVIDERS[name], `${process.platform}_${goArchitecture()}`);
      fs.mkdirSync(place, { recursive: true });
      ctx.report(`compiling the ${name} provider`);
      const target = path.join(place, `terraform-provider-${name}_v${PROVIDERS[name]}`);
      const build = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', target, `github.com/hashicorp/terraform-provider-${name}`];
      await run(go.program, build, { cwd: path.join(__dirname, name), env: go.env, signal: ctx.signal });
    }
    const installation = `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(entry)}\n  }\n}\n`;
    fs.writeFileSync(path.join(folder, 'terraform.rc'), installation);
  });
  return path.join(entry, 'terraform.rc');
}

function moduleFiles(name: Provider): string[] {
  return ['go.mod', 'go.sum'].map((file) => fs.readFileSync(path.join(__dirname, name, file), 'utf8'));
}

function goArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
