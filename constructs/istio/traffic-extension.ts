import { Construct } from 'constructs';
import { TRAFFIC_EXTENSION, TrafficExtensionSpec } from './generated/traffic-extension';
import { luaProblems } from './lua';
import { targeting } from './target';
import { TargetedObject, TargetedProps } from './targeted-object';
import { ExtensionPhase, moduleProblems, WasmModule } from './wasm-plugin';
import { throwOnProblems } from '../validation';

/** Settings of {@link TrafficExtension}. */
export interface TrafficExtensionProps extends TargetedProps<TrafficExtensionSpec> {
  /** Lua that defines `envoy_on_request(handle)`, `envoy_on_response(handle)` or both, as global functions. @default none: give `wasm` */
  readonly lua?: string;
  /** A WebAssembly module. @default none: give `lua` */
  readonly wasm?: WasmModule;
  /** Where among Istio's filters it stands. @default right before the router */
  readonly phase?: ExtensionPhase;
  /** Order within a phase, a whole number, highest first. @default Istio's own, 0 */
  readonly priority?: number;
  /** Ports that the pods listen on. @default every one */
  readonly ports?: readonly number[];
}

/**
 * Runs Lua or WebAssembly in the proxies, from Istio 1.30 on; its successor of WasmPlugin.
 * @see https://istio.io/latest/docs/reference/config/proxy_extensions/traffic_extension/
 */
export class TrafficExtension extends TargetedObject<TrafficExtensionSpec> {
  private readonly settings: TrafficExtensionProps;

  /** @throws ProblemError unless there is one of `lua` and `wasm`, with a function that Envoy calls, or a module that can be one */
  constructor(scope: Construct, id: string, props: TrafficExtensionProps) {
    super(scope, id, TRAFFIC_EXTENSION, props, props.target);
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...((props.lua === undefined) === (props.wasm === undefined) && props.spec === undefined
        ? [{ at: this.node.path, rule: 'an extension is either Lua or WebAssembly', mend: 'Give one of `lua` and `wasm`' }]
        : []),
      ...(props.lua === undefined ? [] : luaProblems(props.lua, this.at('lua'))),
      ...(props.wasm ? moduleProblems(props.wasm, (field) => this.at(`wasm.${field}`)) : []),
    ]);
    this.settings = props;
  }

  protected render(): TrafficExtensionSpec {
    const { lua, wasm, phase, priority, ports } = this.settings;
    return {
      ...targeting(this.target),
      phase,
      priority,
      match: ports && [{ ports: ports.map((number) => ({ number })) }],
      lua: lua === undefined ? undefined : { inlineCode: lua },
      wasm: wasm && {
        url: wasm.url,
        sha256: wasm.sha256,
        imagePullSecret: wasm.imagePullSecret,
        pluginConfig: wasm.config,
        failStrategy: wasm.failOpen ? 'FAIL_OPEN' : undefined,
      },
    };
  }
}
