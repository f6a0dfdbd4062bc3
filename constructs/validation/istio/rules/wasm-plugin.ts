import type { WasmPluginSpec } from '../../../istio/generated/wasm-plugin';
import { child, Report } from '../finding';
import { DOCS } from './common';
import { checkTarget } from './policy-target';

/** What istiod's admission demands of a WasmPlugin beyond its schema. */
export function checkWasmPlugin(spec: WasmPluginSpec, report: Report): void {
  checkTarget(report, spec);
  const names = new Set<string>();
  (spec.vmConfig?.env ?? []).forEach((variable, index) => {
    if (names.has(variable.name)) {
      report.error('AI1201', child('spec.vmConfig.env', index), {
        value: variable.name,
        rule: 'each variable is set once',
        mend: 'Drop the repeated one',
        see: `${DOCS}/proxy_extensions/wasm-plugin/#EnvVar`,
      });
    }
    names.add(variable.name);
  });
}
