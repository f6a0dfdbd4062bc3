import { child, Report } from '../finding';
import { isDnsLabel, whyNotFqdn } from './names';

/** Whether a header of a match means a claim of the request's token. */
export function isClaim(name: string): boolean {
  return /^@request\.auth\.claims(?:\..+|\[.+\])$/i.test(name);
}

/** Names of gateways: `mesh`, a name of the same namespace, or `namespace/name`. */
export function checkGatewayNames(report: Report, field: string, names: readonly string[] | undefined): void {
  for (const [index, name] of (names ?? []).entries()) {
    const at = child(field, index);
    const slash = name.indexOf('/');
    if (slash < 0) {
      if (name.includes('.')) {
        const [gateway, namespace] = name.split('.');
        report.warning('AI0107', at, { value: name, rule: 'gateways were once named by their DNS name', mend: `Write ${namespace}/${gateway}` });
      }
      if (whyNotFqdn(name)) {
        report.error('AI0106', at, { value: name, rule: 'a gateway is named `name`, `namespace/name` or `mesh`', mend: 'Correct the name' });
      }
      // istiod looks no further than the first name without a namespace.
      return;
    }
    const [namespace, gateway] = [name.slice(0, slash), name.slice(slash + 1)];
    if (!isDnsLabel(namespace) || !isDnsLabel(gateway)) {
      report.error('AI0106', at, { value: name, rule: 'namespace and name of a gateway are letters, digits and inner dashes', mend: 'Correct the name' });
    }
  }
}
