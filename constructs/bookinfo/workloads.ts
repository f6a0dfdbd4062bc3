import type { BookinfoServiceName } from './services';

/** What sets one of Bookinfo's containers apart from the others. */
export interface BookinfoContainer {
  /** Environment beyond what the image sets. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders that the program writes to, by volume name. @default none */
  readonly scratch?: Readonly<Record<string, string>>;
  /** @default none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** User that the image is made for. */
  readonly user: number;
  /** Whether the program writes to its scratch folders alone; Open Liberty also writes beside its server. */
  readonly readOnlyRoot: boolean;
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

/** Annotations that metrics are found by; the sidecar merges them with its own. */
const SCRAPED = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9080', 'prometheus.io/path': '/metrics' };
const SMALL = {
  user: 1000,
  readOnlyRoot: true,
  requests: { cpu: '10m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '256Mi' },
};

/**
 * Bookinfo's containers. Environment, folders and annotations are upstream's.
 * @see https://github.com/istio/istio/blob/release-1.29/samples/bookinfo/platform/kube/bookinfo.yaml
 */
export const BOOKINFO_CONTAINERS: Readonly<Record<BookinfoServiceName, BookinfoContainer>> = {
  details: SMALL,
  ratings: SMALL,
  reviews: {
    env: { LOG_DIR: '/tmp/logs' },
    scratch: { tmp: '/tmp', 'wlp-output': '/opt/ibm/wlp/output' },
    user: 1001,
    readOnlyRoot: false,
    requests: { cpu: '20m', memory: '256Mi' },
    // A Java server compiles while it starts.
    limits: { cpu: '1', memory: '768Mi' },
  },
  productpage: {
    ...SMALL,
    scratch: { tmp: '/tmp' },
    podAnnotations: SCRAPED,
    // Eight worker processes.
    requests: { cpu: '20m', memory: '128Mi' },
    limits: { cpu: '500m', memory: '512Mi' },
  },
};
