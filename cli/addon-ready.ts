import { CliError } from './errors';
import { Patience, waitUntil } from './patience';
import type { Session } from './session';

/**
 * Waits until the Istio add-on has made the namespaces and the Services of its gateways that the mesh layer writes to: Azure calls a cluster ready
 * minutes before, and Terraform does not wait.
 * @throws CliError naming what is still missing after ten minutes
 */
export async function waitForAddon(session: Session, resume: string, report: (line: string) => void, props: Patience = {}): Promise<string> {
  const { mesh } = session.handles;
  const gateways = [mesh.ingressGateway, mesh.internalIngressGateway].flatMap((gateway) => gateway ?? []);
  const wanted = [['namespace', mesh.rootNamespace], ...gateways.map(({ namespace, serviceName }) => ['service', serviceName, '--namespace', namespace])];
  const tools = await session.tools();
  let stderr = '';
  const waited = await waitUntil(
    {
      async missing() {
        const answers = await Promise.all(wanted.map((what) => tools.kubectl(['get', ...what], { okCodes: [0, 1], timeoutSeconds: 60 })));
        stderr = answers.find(({ code }) => code !== 0)?.stderr.trim() ?? '';
        const missing = wanted.filter((_what, index) => answers[index]!.code !== 0).map(([kind, name]) => `${kind} ${name}`);
        return missing.length === 0 ? undefined : `${missing.join(', ')} missing`;
      },
      report: (missing, seconds) => report(`waiting for the Istio add-on, ${seconds} s: ${missing}`),
      giveUp: (missing, seconds) =>
        new CliError(`the Istio add-on of ${session.name} did not come up within ${seconds} s`, `${missing}: ${stderr}`, [
          'az aks show --query serviceMeshProfile says what the cluster has switched on; then:',
          resume,
        ]),
    },
    session.signal,
    props,
  );
  return `there${waited}`;
}
