import { X509Certificate } from 'node:crypto';
import type { Environment } from '../environments';
import { findScenario } from '../scenarios';
import type { Session } from './session';
import type { ClusterTools } from './tools/cluster-access';
import { signCertificate } from './tools/certificate';

const DAYS = 90;
/** What has fewer days left is made anew. */
const RENEW_DAYS = 30;
const LABEL = 'aks-istio/demo-certificate';
const DAY_MS = 86_400_000;

type DemoCertificate = Environment['mesh']['demoCertificates'][number];

interface StoredSecret {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
}

/** Makes those of the environment's certificates for demonstrations that its scenario needs. */
export async function ensureScenarioCertificates(session: Session, report: (line: string) => void): Promise<void> {
  const { mesh, traffic } = session.environment;
  const needed = findScenario(traffic.scenario).needs?.certificates ?? [];
  const certificates = mesh.demoCertificates.filter(({ secretName }) => needed.some((certificate) => certificate.secretName === secretName));
  const gateway = session.handles.mesh.ingressGateway;
  if (certificates.length > 0 && gateway) {
    const written = await ensureDemoCertificates(await session.tools(), gateway.namespace, certificates);
    written.forEach((name) => report(`signed the certificate ${name}`));
  }
}

/**
 * Makes the certificates that an environment has for demonstrations, each signed by an authority that signs nothing else, and puts them into Secrets
 * beside the gateway: their keys are in the cluster alone, in no file and no state. What is good for a month yet is left, and so is a Secret that
 * somebody else made.
 * @param namespace the gateway's
 * @returns names of the Secrets that were written
 */
export async function ensureDemoCertificates(
  tools: Pick<ClusterTools, 'kubectl'>,
  namespace: string,
  certificates: readonly DemoCertificate[],
  now = Date.now(),
): Promise<string[]> {
  const written: string[] = [];
  for (const certificate of certificates) {
    const { stdout } = await tools.kubectl(['get', 'secret', certificate.secretName, '-n', namespace, '--ignore-not-found', '-o', 'json'], { timeoutSeconds: 30 });
    const stored = stdout.trim() === '' ? undefined : (JSON.parse(stdout) as StoredSecret);
    if (stored && !isDue(stored, certificate, now)) {
      continue;
    }
    // Server-side, which keeps no copy of the key in an annotation.
    await tools.kubectl(['apply', '--server-side', '--field-manager', 'aks-istio', '--force-conflicts', '-f', '-'], {
      input: JSON.stringify(secretOf(certificate, namespace, now)),
      timeoutSeconds: 30,
    });
    written.push(certificate.secretName);
  }
  return written;
}

function isDue({ metadata, data }: StoredSecret, { hosts }: DemoCertificate, now: number): boolean {
  if (metadata.labels?.[LABEL] === undefined) {
    return false;
  }
  try {
    const certificate = new X509Certificate(Buffer.from(data?.['tls.crt'] ?? '', 'base64'));
    return Date.parse(certificate.validTo) - now < RENEW_DAYS * DAY_MS || hosts.some((host) => certificate.checkHost(host) === undefined);
  } catch {
    return true;
  }
}

function secretOf({ secretName, hosts }: DemoCertificate, namespace: string, now: number): unknown {
  const { chain, key, authority } = signCertificate(hosts, DAYS, now);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: secretName, namespace, labels: { [LABEL]: 'true' } },
    stringData: { 'tls.crt': chain, 'tls.key': key, 'ca.crt': authority },
  };
}
