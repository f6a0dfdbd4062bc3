import type { BookinfoTraffic, BookinfoTrafficProps } from '../constructs/bookinfo';
import type { MeshFeature } from '../constructs/mesh/mesh';
import type { Expectation } from './expectation';

/** An entry of MeshConfig's `extensionProviders`, with Istio's own field names. */
export type ExtensionProvider = Readonly<Record<string, unknown>> & { readonly name: string };

/** What a scenario asks of its environment beyond a mesh of sidecars. Where something is missing, synth fails and says what to write. */
export interface ScenarioNeeds {
  /** Entries that MeshConfig has, for a Bookinfo of this namespace. */
  readonly extensionProviders?: readonly ((namespace: string) => ExtensionProvider)[];
  /** Certificates that the gateway serves: Secrets in its namespace, which the environment names. */
  readonly certificates?: readonly { readonly secretName: string; readonly hosts: readonly string[] }[];
  /** A MySQL outside of Kubernetes, which the environment names. @default false */
  readonly externalDatabase?: boolean;
  /** What the mesh can do. */
  readonly features?: readonly MeshFeature[];
}

/**
 * A named traffic situation. It is the traffic layer alone: switching to it plans nothing of the cluster, the mesh or Bookinfo.
 *
 * - Workloads of its own (a service that counts, one that decides, a client) are made by `apply`, below the scope that it is given and in
 *   Bookinfo's namespace, as typed resources: the next scenario's apply removes them with everything else of this one.
 * - What `apply` cannot make, because it is mesh-wide, is a need.
 * - What only some clusters can show is the need of an expectation instead: the scenario is applied there too, and the row is skipped.
 */
export interface Scenario {
  /** Name that the environment file and the command line know it by. */
  readonly name: string;
  readonly title: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  /** @default none */
  readonly needs?: ScenarioNeeds;
  /**
   * Whether everybody who asks for the page gets it over plain HTTP; only then is it loaded, as somebody and as nobody, whatever else is promised.
   * @default true
   */
  readonly publicPage?: boolean;
  /** What Bookinfo's traffic starts from. @default the gateway open for plain HTTP, STRICT mTLS, and the calls that the page makes allowed */
  readonly start?: Pick<BookinfoTrafficProps, 'strictMtls' | 'allowPage'>;
  /** Adds the routes to a Bookinfo that has none. */
  apply(traffic: BookinfoTraffic): void;
  /** What requests must observe. */
  readonly expectations: readonly Expectation[];
}
