import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { WASM_PLUGIN, WasmPluginSpec } from './generated/wasm-plugin';
import { targeting } from './target';
import { TargetedObject, TargetedProps } from './targeted-object';
import { Problem, throwOnProblems } from '../validation';

/** Where in Istio's chain of filters an extension stands: before authentication, before authorisation, before statistics. */
export type ExtensionPhase = 'AUTHN' | 'AUTHZ' | 'STATS';

/** A WebAssembly module. */
export interface WasmModule {
  /** Where it is: `oci://`, `https://`, `http://` or `file://`; of an image, the part after `@` is its digest. */
  readonly url: string;
  /** Digest of the module, 64 hexadecimal digits: what is pulled is what was meant. @default none */
  readonly sha256?: string;
  /** Settings that the module reads. @default none */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Secret of the pods' namespace to pull an OCI image with. @default none */
  readonly imagePullSecret?: string;
  /** Lets requests pass where the module cannot be loaded or crashes. @default false */
  readonly failOpen?: boolean;
}

/** Settings of {@link WasmPlugin}. */
export interface WasmPluginProps extends TargetedProps<WasmPluginSpec>, WasmModule {
  /** Where among Istio's filters it stands. @default right before the router */
  readonly phase?: ExtensionPhase;
  /** Order within a phase, a whole number, highest first. @default Istio's own, 0 */
  readonly priority?: number;
  /** Ports that the pods listen on. @default every one */
  readonly ports?: readonly number[];
}

/**
 * Runs a WebAssembly module in the proxies.
 * @see https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/
 */
export class WasmPlugin extends TargetedObject<WasmPluginSpec> {
  private readonly settings: WasmPluginProps;

  /** @throws ProblemError where the URL or the digest cannot be one */
  constructor(scope: Construct, id: string, props: WasmPluginProps) {
    super(scope, id, WASM_PLUGIN, props, props.target);
    throwOnProblems(`${this.node.path} cannot be created:`, moduleProblems(props, (field) => this.at(field)));
    this.settings = props;
  }

  protected render(): WasmPluginSpec {
    const { phase, priority, ports, config, failOpen, url, sha256, imagePullSecret } = this.settings;
    return {
      ...targeting(this.target),
      url,
      sha256,
      imagePullSecret,
      phase,
      priority,
      pluginConfig: config,
      failStrategy: failOpen ? 'FAIL_OPEN' : undefined,
      match: ports && [{ ports: ports.map((number) => ({ number })) }],
    };
  }
}

/** What is wrong with a module. */
export function moduleProblems(module: WasmModule, at: (field: string) => string): Problem[] {
  const { url, sha256 } = module;
  return [
    ...(Token.isUnresolved(url) || /^(oci|https?|file):\/\/./.test(url)
      ? []
      : [{ at: at('url'), value: url, rule: 'a module is at an oci, https, http or file URL', mend: 'Give it with its scheme, as oci://registry/image:tag' }]),
    ...(Token.isUnresolved(url) || !url.startsWith('oci://') || !url.includes('@') || /@sha256:[a-f0-9]{64}$/.test(url)
      ? []
      : [{ at: at('url'), value: url, rule: 'an image is pinned by sha256: and 64 lower-case hexadecimal digits', mend: 'Write it as oci://registry/image@sha256:<digest>' }]),
    ...(sha256 === undefined || Token.isUnresolved(sha256) || /^[a-f0-9]{64}$/.test(sha256)
      ? []
      : [{ at: at('sha256'), value: sha256, rule: 'a digest is 64 lower-case hexadecimal digits', mend: 'Give it without `sha256:`' }]),
  ];
}
