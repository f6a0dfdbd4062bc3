package main

// component is one program of the node. They start in this order; each waits for what it needs by itself,
// except that the API server is only started once etcd answers and everything else once the API server does.
type component struct {
	name      string
	command   []string
	after     func() bool // nil: at once
	afterName string
}

func components(settings Settings) []component {
	pki := func(name string) string { return pkiFolder + "/" + name }
	config := func(name string) string { return etcKubernetes + "/" + name }
	api := func() bool { return answers("127.0.0.1:"+apiPort) && apiReady() }
	return []component{
		{name: "containerd", command: []string{"containerd", "--config", config("containerd.toml")}},
		{name: "etcd", command: []string{"/opt/etcd/etcd", "--name", "node", "--data-dir", "/var/lib/etcd", "--unsafe-no-fsync",
			"--listen-client-urls", "https://127.0.0.1:2379", "--advertise-client-urls", "https://127.0.0.1:2379",
			"--listen-peer-urls", "http://127.0.0.1:2380", "--initial-advertise-peer-urls", "http://127.0.0.1:2380",
			"--initial-cluster", "node=http://127.0.0.1:2380", "--log-level", "warn",
			"--cert-file", pki("etcd.crt"), "--key-file", pki("etcd.key"), "--client-cert-auth", "--trusted-ca-file", pki("ca.crt")}},
		{name: "kube-apiserver", after: func() bool { return answers("127.0.0.1:2379") }, afterName: "etcd", command: []string{"kube-apiserver",
			"--advertise-address", bare(settings.NodeAddress), "--secure-port", apiPort, "--allow-privileged",
			"--authorization-mode", "Node,RBAC", "--enable-admission-plugins", "NodeRestriction", "--profiling=false",
			"--etcd-servers", "https://127.0.0.1:2379", "--etcd-cafile", pki("ca.crt"),
			"--etcd-certfile", pki("etcd-client.crt"), "--etcd-keyfile", pki("etcd-client.key"),
			"--client-ca-file", pki("ca.crt"), "--tls-cert-file", pki("apiserver.crt"), "--tls-private-key-file", pki("apiserver.key"),
			"--kubelet-certificate-authority", pki("ca.crt"), "--kubelet-client-certificate", pki("kubelet-client.crt"),
			"--kubelet-client-key", pki("kubelet-client.key"), "--kubelet-preferred-address-types", "InternalIP",
			"--service-account-issuer", "https://kubernetes.default.svc.cluster.local", "--service-account-key-file", pki("service-account.pub"),
			"--service-account-signing-key-file", pki("service-account.key"), "--service-cluster-ip-range", settings.Services}},
		{name: "kube-controller-manager", after: api, afterName: "kube-apiserver", command: []string{"kube-controller-manager",
			"--kubeconfig", config("controller-manager.kubeconfig"), "--bind-address", "127.0.0.1", "--leader-elect=false", "--profiling=false",
			"--use-service-account-credentials", "--root-ca-file", pki("ca.crt"), "--service-account-private-key-file", pki("service-account.key"),
			"--cluster-signing-cert-file", pki("ca.crt"), "--cluster-signing-key-file", pki("ca.key"), "--service-cluster-ip-range", settings.Services}},
		{name: "kube-scheduler", after: api, afterName: "kube-apiserver", command: []string{"kube-scheduler",
			"--kubeconfig", config("scheduler.kubeconfig"), "--bind-address", "127.0.0.1", "--leader-elect=false", "--profiling=false"}},
		{name: "kubelet", after: func() bool { return api() && exists("/run/containerd/containerd.sock") }, afterName: "kube-apiserver and containerd",
			command: []string{"kubelet", "--config", config("kubelet.yaml"), "--kubeconfig", config("kubelet.kubeconfig"),
				"--hostname-override", settings.Name, "--node-ip", bare(settings.NodeAddress)}},
		{name: "kube-proxy", after: api, afterName: "kube-apiserver", command: []string{"kube-proxy", "--config", config("proxy.yaml")}},
	}
}
