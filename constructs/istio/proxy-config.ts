import { Construct } from 'constructs';
import { PROXY_CONFIG, ProxyConfigSpec } from './generated/proxy-config';
import type { Selected } from './selector';
import { targeting } from './target';
import { PlacedProps, TargetedObject } from './targeted-object';

/** Settings of {@link ProxyConfig}. */
export interface ProxyConfigProps extends PlacedProps<ProxyConfigSpec> {
  /** Pods that it is for. @default all of the namespace; in the mesh's root namespace, all of the mesh */
  readonly workload?: Selected;
  /** Worker threads of the proxy; 0 takes all cores. @default Istio's own: as many as its CPU limit */
  readonly concurrency?: number;
  /** Environment of the proxy. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Image variant, such as `distroless`. @default the mesh's */
  readonly imageType?: string;
}

/**
 * Settings of the proxies themselves. Pods take them up when they are restarted.
 * @see https://istio.io/latest/docs/reference/config/networking/proxy-config/
 */
export class ProxyConfig extends TargetedObject<ProxyConfigSpec> {
  private readonly settings: ProxyConfigProps;

  constructor(scope: Construct, id: string, props: ProxyConfigProps) {
    super(scope, id, PROXY_CONFIG, props, props.workload);
    this.settings = props;
  }

  protected render(): ProxyConfigSpec {
    const { concurrency, environment, imageType } = this.settings;
    return {
      selector: targeting(this.target).selector,
      concurrency,
      environmentVariables: environment,
      image: imageType === undefined ? undefined : { imageType },
    };
  }
}
