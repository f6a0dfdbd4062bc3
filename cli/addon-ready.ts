import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './errors';
import type { Patience } from './rights';
import type { Session } from './session';

/** Azure calls a cluster ready minutes before the add-on has made all that is its own. */
const LONGEST_SECONDS = 600;
const PAUSE_SECONDS = 10;

/**
 * Waits until the Istio add-on has made the namespaces and the Services of its gateways that the mesh layer writes to: Terraform does not.
 * @throws CliError naming what is still missing after ten minutes
 */
export async function waitForAddon(session: Session, resume: string, report: (line: string) => void, props: Patience = {}): Promise<string> {
  const { longestSeconds = LONGEST_SECONDS, pauseSeconds = PAUSE_SECONDS } = props;
  const { mesh } = session.handles;
  const gateways = [mesh.ingressGateway, mesh.internalIngressGateway].flatMap((gateway) => gateway ?? []);
  const wanted = [['namespace', mesh.rootNamespace], ...gateways.map(({ namespace, serviceName }) => ['service', serviceName, '--namespace', namespace])];
  const tools = await session.tools();
  const begin = Date.now();
  for (;;) {
    const answers = await Promise.all(wanted.map((what) => tools.kubectl(['get', ...what], { okCodes: [0, 1], timeoutSeconds: 60 })));
    const missing = wanted.filter((_what, index) => answers[index]!.code !== 0).map(([kind, name]) => `${kind} ${name}`);
    const waited = Math.round((Date.now() - begin) / 1000);
    if (missing.length === 0) {
      return waited < pauseSeconds ? 'there' : `there after ${waited} s`;
    }
    if (waited + pauseSeconds > longestSeconds) {
      const stderr = answers.find(({ code }) => code !== 0)?.stderr.trim() ?? '';
      throw new CliError(`the Istio add-on of ${session.name} did not come up within ${longestSeconds} s`, `${missing.join(', ')} missing: ${stderr}`, [
        'az aks show --query serviceMeshProfile says what the cluster has switched on; then:',
        resume,
      ]);
    }
    report(`waiting for the Istio add-on, ${waited} s: ${missing.join(', ')} missing`);
    await sleep(pauseSeconds * 1000, undefined, { signal: session.signal });
  }
}
