import { ISTIO_VERSION, KUBERNETES_VERSION } from './paths';

/** Debian release of the node's root file system, and the packages in it. Their signatures are checked by debootstrap and apt. */
export const DEBIAN = {
  suite: 'bookworm',
  packages: [
    'containerd', 'runc', 'containernetworking-plugins', 'iptables', 'iproute2', 'curl',
    'python3', 'python3-pip', 'python3-setuptools', 'python3-wheel', 'ruby', 'ruby-webrick', 'nodejs',
  ],
} as const;

/** Istio's module version: the Go proxy serves its tags as pseudo-versions. go.sum holds its checksum. */
export const ISTIO_MODULE = 'istio.io/istio';

/** Oldest Go that compiles the pinned modules. */
export const OLDEST_GO = [1, 25, 6] as const;

/** Version of CoreDNS, as in go.mod. */
export const COREDNS_VERSION = '1.13.2';

/** Version of Helm, as in go.mod. */
export const HELM_VERSION = '3.19.5';

/** Name under which the pause image is loaded. */
export const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10.1';

/** Name under which the CoreDNS image is loaded. */
export const COREDNS_IMAGE = `registry.k8s.io/coredns/coredns:v${COREDNS_VERSION}`;

/** Packages needed to drive any cluster. */
export const TOOL_PACKAGES = ['helm.sh/helm/v3/cmd/helm', 'istio.io/istio/istioctl/cmd/istioctl'] as const;

/** Every program of the node, its images and its tools. `./` ones are ours. */
export const PACKAGES = [
  './cmd/aks-istio-node',
  './cmd/aks-istio-images',
  './cmd/pause',
  './cmd/coredns',
  'k8s.io/kubernetes/cmd/kube-apiserver',
  'k8s.io/kubernetes/cmd/kube-controller-manager',
  'k8s.io/kubernetes/cmd/kube-scheduler',
  'k8s.io/kubernetes/cmd/kubelet',
  'k8s.io/kubernetes/cmd/kube-proxy',
  'k8s.io/kubernetes/cmd/kubectl',
  'istio.io/istio/pilot/cmd/pilot-discovery',
  'istio.io/istio/pilot/cmd/pilot-agent',
  'istio.io/istio/cni/cmd/install-cni',
  'istio.io/istio/cni/cmd/istio-cni',
  ...TOOL_PACKAGES,
] as const;

/** Go packages that an empty build cache compiles for {@link PACKAGES}: for the progress line only. */
export const PACKAGE_COUNT = 3300;

/** Arguments of `go build` beside the packages. Tags are those of Istio's own release. */
export function buildFlags(): string[] {
  const [major, minor] = KUBERNETES_VERSION.split('.');
  const values: Record<string, string> = {
    'k8s.io/component-base/version.gitVersion': `v${KUBERNETES_VERSION}`,
    'k8s.io/component-base/version.gitMajor': major,
    'k8s.io/component-base/version.gitMinor': minor,
    'k8s.io/component-base/version.gitTreeState': 'clean',
    'istio.io/istio/pkg/version.buildVersion': ISTIO_VERSION,
    'istio.io/istio/pkg/version.buildTag': ISTIO_VERSION,
    'istio.io/istio/pkg/version.buildStatus': 'Clean',
    'istio.io/istio/pkg/version.buildHub': 'docker.io/istio',
    'helm.sh/helm/v3/internal/version.version': `v${HELM_VERSION}`,
    'helm.sh/helm/v3/internal/version.gitTreeState': 'clean',
  };
  const link = Object.entries(values).map(([name, value]) => `-X ${name}=${value}`);
  return ['-trimpath', '-buildvcs=false', '-tags', 'vtprotobuf,disable_pgv', '-ldflags', `-s -w ${link.join(' ')}`];
}
