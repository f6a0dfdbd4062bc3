package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Folders and files as the node sees them; init.go mounts the state folder's parts there.
const (
	etcKubernetes = "/etc/kubernetes"
	pkiFolder     = etcKubernetes + "/pki"
	apiPort       = "6443"
)

// writeConfiguration fills state/config, which becomes /etc/kubernetes of the node.
func writeConfiguration(settings Settings, ca *authority, folder string) error {
	server := "https://127.0.0.1:" + apiPort
	for _, user := range []string{"controller-manager", "scheduler", "kubelet", "proxy"} {
		content := kubeconfig("node", user, server, pkiFolder+"/ca.crt", pkiFolder+"/"+user+".crt", pkiFolder+"/"+user+".key")
		if err := writeFile(filepath.Join(folder, user+".kubeconfig"), []byte(content), 0o600); err != nil {
			return err
		}
	}
	files := map[string]string{
		"kubelet.yaml":    kubeletConfiguration(settings),
		"proxy.yaml":      proxyConfiguration(settings),
		"containerd.toml": containerdConfiguration(settings),
		"resolv.conf":     "# No name server outside the cluster.\n",
	}
	for name, content := range files {
		if err := writeFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	if err := writeFile(filepath.Join(settings.State, "cni", "10-pods.conflist"), []byte(networkConfiguration(settings)), 0o644); err != nil {
		return err
	}
	return writePersonalKubeconfig(settings, ca, filepath.Join(folder, "pki"))
}

func kubeconfig(context, user, server, ca, certificate, key string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: %[1]s
clusters:
- name: %[1]s
  cluster: {server: "%[3]s", certificate-authority: %[4]s}
users:
- name: %[2]s
  user: {client-certificate: %[5]s, client-key: %[6]s}
contexts:
- name: %[1]s
  context: {cluster: %[1]s, user: %[2]s}
`, context, user, server, ca, certificate, key)
}

// writePersonalKubeconfig holds everything inline, so that the file can be copied.
func writePersonalKubeconfig(settings Settings, ca *authority, pki string) error {
	encode := func(name string) (string, error) {
		content, err := os.ReadFile(filepath.Join(pki, name))
		return base64.StdEncoding.EncodeToString(content), err
	}
	certificate, err := encode("admin.crt")
	if err != nil {
		return err
	}
	key, err := encode("admin.key")
	if err != nil {
		return err
	}
	content := kubeconfig(settings.Context, settings.Context+"-admin", "https://"+bare(settings.NodeAddress)+":"+apiPort, "@ca", "@certificate", "@key")
	content = strings.NewReplacer(
		"certificate-authority: @ca", "certificate-authority-data: "+base64.StdEncoding.EncodeToString(ca.pem),
		"client-certificate: @certificate", "client-certificate-data: "+certificate,
		"client-key: @key", "client-key-data: "+key,
	).Replace(content)
	return writeFile(settings.Kubeconfig, []byte(content), 0o600)
}

// Images are loaded once and cannot be pulled again, so their garbage collection is off.
// The disk thresholds are absolute: a developer's disk is often fuller than a server's.
func kubeletConfiguration(settings Settings) string {
	return fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %[1]s/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: %[1]s/kubelet-server.crt
tlsPrivateKeyFile: %[1]s/kubelet-server.key
clusterDomain: cluster.local
clusterDNS: ["%[2]s"]
resolvConf: %[3]s/resolv.conf
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: %[4]s
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
oomScoreAdj: 0
maxPods: 110
volumePluginDir: /var/lib/kubelet/volume-plugins
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi, nodefs.available: 500Mi, imagefs.available: 500Mi, nodefs.inodesFree: 1%%, imagefs.inodesFree: 1%%}
nodeStatusUpdateFrequency: 5s
`, pkiFolder, settings.DNSAddress, etcKubernetes, groupRoot(settings))
}

// groupRoot is the node's control group as its kubelet sees it.
func groupRoot(settings Settings) string {
	if unified() {
		return "/"
	}
	return "/" + settings.Name
}

func proxyConfiguration(settings Settings) string {
	return fmt.Sprintf(`apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: %s/proxy.kubeconfig}
clusterCIDR: %s
hostnameOverride: %s
mode: iptables
oomScoreAdj: 0
iptables: {minSyncPeriod: 200ms, syncPeriod: 30s}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
`, etcKubernetes, settings.Pods, settings.Name)
}

// restrict_oom_score_adj: without CAP_SYS_RESOURCE (many containers and sandboxes) nothing may lower its own score.
func containerdConfiguration(settings Settings) string {
	return fmt.Sprintf(`version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp",
]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "%s"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
`, settings.Sandbox)
}

// One routed link for each pod (no bridge), so that every packet between pods passes the node's own rules.
func networkConfiguration(settings Settings) string {
	return fmt.Sprintf(`{
  "cniVersion": "0.4.0",
  "name": "pods",
  "plugins": [
    {
      "type": "ptp",
      "mtu": 1500,
      "ipam": {
        "type": "host-local",
        "dataDir": "/run/cni-addresses",
        "ranges": [[{"subnet": "%s"}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`, settings.Pods)
}
