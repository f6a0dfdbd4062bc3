import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { ExtensionPhase, WasmModule, WasmPlugin } from '../istio/wasm-plugin';
import { throwOnProblems } from '../validation';
import { FilterPatternProps, targetOf } from './target';

/** Settings of {@link WasmFilter}. */
export interface WasmFilterProps extends FilterPatternProps {
  /** The module, with its digest in `sha256` or in the URL: what is pulled is what was meant. */
  readonly module: WasmModule;
  /** Where among Istio's filters it stands. @default right before the router */
  readonly phase?: ExtensionPhase;
  /** Order within a phase, a whole number, highest first. @default Istio's own, 0 */
  readonly priority?: number;
}

/**
 * Runs a pinned WebAssembly module on every request. Pods keep serving without it only where `failOpen` says so.
 *
 * Proof: a request, and what the module adds to its answer; `istioctl proxy-config ecds` shows it loaded.
 * @see https://istio.io/latest/docs/tasks/extensibility/wasm-module-distribution/
 */
export class WasmFilter extends Construct {
  /** The plugin that runs it. */
  readonly plugin: WasmPlugin;

  /** @throws ProblemError where the module is not pinned */
  constructor(scope: Construct, id: string, props: WasmFilterProps) {
    super(scope, id);
    const { module, on } = props;
    throwOnProblems(
      `${this.node.path} cannot be created:`,
      module.sha256 !== undefined || Token.isUnresolved(module.url) || module.url.includes('@sha256:')
        ? []
        : [{ at: `${this.node.path}: module`, value: module.url, rule: 'code that every request goes through is pinned', mend: 'Give `sha256`, or a URL with @sha256:' }],
    );
    const { target, name } = targetOf(on);
    this.plugin = new WasmPlugin(this, 'Plugin', {
      name: props.name ?? `${name}-wasm`,
      mesh: props.mesh,
      target,
      ports: props.port === undefined ? undefined : [props.port],
      phase: props.phase,
      priority: props.priority,
      ...module,
    });
  }
}
