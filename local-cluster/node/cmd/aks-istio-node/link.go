package main

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

// insideLink is the name of the node's end of the link.
const insideLink = "eth0"

// linkAlias marks the host's end as this node's; a link without it is never touched.
func linkAlias(settings Settings) string {
	return "aks-istio local cluster in " + settings.State
}

// makeLink lays one pair of virtual interfaces between the host and the network namespace of process pid.
func makeLink(settings Settings, pid int) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = settings.Link
	pair := &netlink.Veth{LinkAttrs: attributes, PeerName: insideLink, PeerNamespace: netlink.NsPid(pid)}
	if err := netlink.LinkAdd(pair); err != nil {
		return fmt.Errorf("make the link %s: %w", settings.Link, err)
	}
	link, err := netlink.LinkByName(settings.Link)
	if err != nil {
		return err
	}
	if err := netlink.LinkSetAlias(link, linkAlias(settings)); err != nil {
		return err
	}
	return addAddress(settings.Link, settings.HostAddress)
}

// addAddress gives a link its address and switches it on.
func addAddress(name, address string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("link %s: %w", name, err)
	}
	parsed, err := netlink.ParseAddr(address)
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(link, parsed); err != nil {
		return fmt.Errorf("address %s on %s: %w", address, name, err)
	}
	return netlink.LinkSetUp(link)
}

// findLink returns the host's end where it is there and this node's, nil where there is none.
// The link lives exactly as long as the node it leads to: where it is another's, so are the control groups of that name.
func findLink(settings Settings) (netlink.Link, error) {
	link, err := netlink.LinkByName(settings.Link)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if alias := link.Attrs().Alias; alias != linkAlias(settings) {
		return nil, fmt.Errorf("the network interface %s is not this node's (it says %q): nothing is touched", settings.Link, alias)
	}
	return link, nil
}

// removeLink deletes the host's end where it is still there. A node's end takes its own with it, so it rarely is.
func removeLink(settings Settings) (bool, error) {
	link, err := findLink(settings)
	if err != nil || link == nil {
		return false, err
	}
	var missing netlink.LinkNotFoundError
	if err := netlink.LinkDel(link); err != nil && !errors.As(err, &missing) {
		return false, err
	}
	return true, nil
}
