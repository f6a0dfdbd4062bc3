// Command aks-istio-node runs a Kubernetes node in network, mount, process, IPC and host-name namespaces of its own.
//
//	aks-istio-node up SETTINGS.json     start it, wait until it is Ready, print what happens; it outlives this command
//	aks-istio-node down SETTINGS.json   end it and remove what remains of it
//
// SETTINGS.json is written by local-cluster/node.ts; every path in it lies in the state folder or in the build cache.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// Settings say where a node lies and which addresses it uses.
type Settings struct {
	Name        string `json:"name"`        // of the node, of its control groups and of its end of the link
	State       string `json:"state"`       // folder for everything that this node makes; removed by down
	Rootfs      string `json:"rootfs"`      // root file system, mounted read-only
	Programs    string `json:"programs"`    // folder with kubelet, kube-apiserver, ...
	Etcd        string `json:"etcd"`        // folder with etcd
	Kubeconfig  string `json:"kubeconfig"`  // written here for people; 0600
	Context     string `json:"context"`     // name of the context in it
	Link        string `json:"link"`        // name of the host's end of the link, at most 15 bytes
	HostAddress string `json:"hostAddress"` // of that end, with prefix length: 10.0.0.1/30
	NodeAddress string `json:"nodeAddress"` // of the node's end, with prefix length
	Pods        string `json:"pods"`        // range of the pods' addresses; exists inside the node only
	Services    string `json:"services"`    // range of the Services' addresses; exists inside the node only
	APIAddress  string `json:"apiAddress"`  // first address of Services
	DNSAddress  string `json:"dnsAddress"`  // address of the cluster DNS Service
	Sandbox     string `json:"sandbox"`     // name of the pause image
	Version     string `json:"version"`     // of Kubernetes, for the log
}

func readSettings(path string) (Settings, error) {
	var settings Settings
	content, err := os.ReadFile(path)
	if err != nil {
		return settings, err
	}
	if err := json.Unmarshal(content, &settings); err != nil {
		return settings, fmt.Errorf("%s: %w", path, err)
	}
	return settings, nil
}

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: aks-istio-node up|down SETTINGS.json"))
	}
	settings, err := readSettings(os.Args[2])
	if err != nil {
		fail(err)
	}
	switch os.Args[1] {
	case "up":
		err = up(settings, os.Args[2])
	case "down":
		err = down(settings)
	case "init":
		err = initialise(settings)
	default:
		err = fmt.Errorf("unknown command %q", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}
