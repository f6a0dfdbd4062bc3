import type { ServiceEntrySpec } from '../../istio/generated/service-entry';
import { namespaceOf } from '../../model/object';
import { child } from '../istio/finding';
import { fullName, NETWORKING, Scope } from './scope';

/** ServiceEntries that offer the same port of a host by different protocols: which of them holds is a matter of age. */
export function analyzeServiceEntries(scope: Scope): void {
  const seen = new Map<string, { readonly protocol: string; readonly by: string }>();
  for (const entry of scope.model.ofKind<ServiceEntrySpec>(NETWORKING, 'ServiceEntry')) {
    const visible = (entry.spec?.exportTo ?? []).join() === '.' ? namespaceOf(entry) : '*';
    for (const host of entry.spec?.hosts ?? []) {
      (entry.spec?.ports ?? []).forEach(({ number, protocol }, index) => {
        const key = `${visible}/${host}:${number}`;
        const said = (protocol ?? 'TCP').toUpperCase();
        const other = seen.get(key);
        if (other && other.protocol !== said) {
          scope.istio('IST0177', 'warning', entry, child('spec.ports', index), {
            value: said,
            rule: `${other.by} offers port ${number} of ${host} by ${other.protocol}, and only one of the two holds`,
            mend: 'Join the two, or agree on a protocol',
          });
        } else if (!other) {
          seen.set(key, { protocol: said, by: fullName(entry) });
        }
      });
    }
  }
}
