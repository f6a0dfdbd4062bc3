package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// goFD carries one byte from `node up` once the network link exists; its end without that byte means up has died.
const goFD = 3

// initialise is process 1 of the node: it lays the mounts, then starts and watches the components until it is killed.
func initialise(settings Settings) error {
	runtime.LockOSThread()
	if len(os.Args) < 4 {
		gate := os.NewFile(goFD, "gate")
		if count, err := gate.Read(make([]byte, 1)); count != 1 {
			return fmt.Errorf("the command that started the node ended first (%v)", err)
		}
		gate.Close()
		if unified() {
			return enterGroupNamespace(append(os.Args, "entered"))
		}
	}
	runtime.UnlockOSThread()
	if err := unix.Sethostname([]byte(settings.Name)); err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	if err := layMounts(settings); err != nil {
		return err
	}
	if err := setUpNetwork(settings); err != nil {
		return err
	}
	raiseFileLimit()
	return supervise(settings)
}

type mount struct {
	source, target, kind string
	flags                uintptr
	data                 string
}

// layMounts builds the node's file tree on the read-only root file system and makes it this process's root.
// Nothing of it is seen outside: the mount namespace is private from its first mount on.
func layMounts(settings Settings) error {
	root := settings.Rootfs
	state := func(name string) string { return filepath.Join(settings.State, name) }
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	groups := mount{groupsTop, "sys/fs/cgroup", "", unix.MS_BIND | unix.MS_REC, ""}
	if unified() {
		groups = mount{"cgroup2", "sys/fs/cgroup", "cgroup2", 0, ""}
	}
	const bind = unix.MS_BIND
	mounts := []mount{
		{root, "", "", bind, ""},
		{"", "", "", bind | unix.MS_REMOUNT | unix.MS_RDONLY, ""},
		{"proc", "proc", "proc", 0, ""},
		{"sysfs", "sys", "sysfs", 0, ""},
		groups,
		{"/dev", "dev", "", bind | unix.MS_REC, ""},
		{"tmpfs", "run", "tmpfs", 0, "mode=755"},
		{"tmpfs", "tmp", "tmpfs", 0, "mode=1777"},
		{"tmpfs", "var/lib/cni", "tmpfs", 0, "mode=755"},
		{settings.Programs, "usr/local/bin", "", bind, ""},
		{settings.Etcd, "opt/etcd", "", bind, ""},
		{state("logs"), "var/log", "", bind, ""},
		{state("config"), "etc/kubernetes", "", bind, ""},
		{state("cni"), "etc/cni/net.d", "", bind, ""},
		{state("cni-bin"), "opt/cni/bin", "", bind, ""},
		{state("containerd"), "var/lib/containerd", "", bind, ""},
		{state("kubelet"), "var/lib/kubelet", "", bind, ""},
		{state("etcd"), "var/lib/etcd", "", bind, ""},
	}
	for _, one := range mounts {
		if err := unix.Mount(one.source, filepath.Join(root, one.target), one.kind, one.flags, one.data); err != nil {
			return fmt.Errorf("mount %s on /%s: %w", one.source, one.target, err)
		}
	}
	if unified() {
		if err := delegateGroups(filepath.Join(root, "sys/fs/cgroup")); err != nil {
			return err
		}
	}
	if err := shieldKernelSettings(root); err != nil {
		return err
	}
	return enter(root)
}

// shieldKernelSettings lays files of the node's own over the kernel settings that the kubelet wants to change for the
// whole machine (memory overcommit, panic behaviour, key quotas): it reads what it expects and writes nothing.
func shieldKernelSettings(root string) error {
	wanted := map[string]string{
		"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1",
		"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
	}
	for name, value := range wanted {
		target := filepath.Join(root, "proc/sys", name)
		if !exists(target) {
			continue
		}
		source := filepath.Join(root, "run/kernel-settings", strings.ReplaceAll(name, "/", "."))
		if err := os.MkdirAll(filepath.Dir(source), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(source, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("shield %s: %w", name, err)
		}
	}
	return nil
}

// enter makes root the root of this mount namespace, drops the machine's tree, and shares mounts inside (pods with mount propagation need that).
func enter(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("drop the machine's tree: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}

func setUpNetwork(settings Settings) error {
	for _, setting := range []string{"net/ipv4/ip_forward", "net/ipv4/conf/all/route_localnet"} {
		if err := os.WriteFile("/proc/sys/"+setting, []byte("1\n"), 0o644); err != nil {
			return fmt.Errorf("set %s: %w", setting, err)
		}
	}
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return err
	}
	if err := addAddress(insideLink, settings.NodeAddress); err != nil {
		return err
	}
	// Programs of the node reach Services only if a route lets the packet be made; kube-proxy's rules then send it to a pod.
	_, services, err := net.ParseCIDR(settings.Services)
	if err != nil {
		return err
	}
	link, err := netlink.LinkByName(insideLink)
	if err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: services, Scope: netlink.SCOPE_LINK})
}

func raiseFileLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
