import type { WasmPluginSpec } from '../../../istio/generated/wasm-plugin';
import type { Report } from '../finding';
import { checkTarget } from './policy-target';

/** What istiod's admission demands of a WasmPlugin beyond its schema, which says nearly all of it. */
export function checkWasmPlugin(spec: WasmPluginSpec, report: Report): void {
  checkTarget(report, spec);
}
