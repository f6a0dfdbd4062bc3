import { child, Report } from '../finding';
import { DOCS } from './common';
import type { TrafficPolicy } from './destination-rule';

const SEE = `${DOCS}/networking/destination-rule/#ClientTLSSettings`;
const CONFIG_MAP = 'configmap://';

/** TLS that a proxy speaks to what it calls. */
export function checkClientTls(tls: TrafficPolicy['tls'], at: string, report: Report, namespace: string): void {
  if (!tls) {
    return;
  }
  const bad = (field: string, value: unknown, rule: string, mend: string): void => report.error('AI0210', field, { value, rule, mend, see: SEE });
  const remote = (tls.mode === 'SIMPLE' || tls.mode === 'MUTUAL') && tls.credentialName;
  if (tls.credentialName?.startsWith(CONFIG_MAP)) {
    const [first = '', second] = tls.credentialName.slice(CONFIG_MAP.length).split('/');
    if (!first || second === '' || (second !== undefined && first !== namespace)) {
      bad(child(at, 'credentialName'), tls.credentialName, 'a ConfigMap with certificates lies in the rule’s own namespace', `Write configmap://${namespace}/<name>`);
    }
  }
  if (tls.insecureSkipVerify) {
    const unused = (['caCertificates', 'subjectAltNames', ...(tls.mode === 'SIMPLE' ? (['credentialName'] as const) : [])] as const).filter((name) => tls[name]);
    if ((tls.mode === 'SIMPLE' || tls.mode === 'MUTUAL') && unused.length > 0) {
      bad(at, unused, 'who does not verify the server needs nothing to verify it with', `Drop \`insecureSkipVerify\`, or \`${unused.join('`, `')}\``);
    }
  }
  if (remote) {
    const local = (['clientCertificate', 'caCertificates', 'privateKey', 'caCrl'] as const).filter((name) => tls[name]);
    if (local.length > 0) {
      bad(at, local, 'certificates come from the secret or from files, not from both', `Drop \`credentialName\`, or \`${local.join('`, `')}\``);
    }
    return;
  }
  if (tls.mode === 'MUTUAL') {
    for (const name of ['clientCertificate', 'privateKey'] as const) {
      if (!tls[name]) {
        bad(child(at, name), undefined, 'with mutual TLS the client shows a certificate', 'Give `credentialName`, or both `clientCertificate` and `privateKey`; ISTIO_MUTUAL uses those of the mesh');
      }
    }
  }
}
