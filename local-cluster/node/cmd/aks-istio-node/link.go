package main

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

// insideLink is the name of the node's end of the link.
const insideLink = "eth0"

// linkAlias marks the host's end as ours; a link without it is never touched.
const linkAlias = "aks-istio local cluster"

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
	if err := netlink.LinkSetAlias(link, linkAlias); err != nil {
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

// removeLink deletes the host's end where it is still there and ours. A node's end takes its own with it, so it rarely is.
func removeLink(name string) (bool, error) {
	link, err := netlink.LinkByName(name)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if link.Attrs().Alias != linkAlias {
		return false, fmt.Errorf("the interface %s was not made by aks-istio: left alone", name)
	}
	if err := netlink.LinkDel(link); err != nil && !errors.As(err, &missing) {
		return false, err
	}
	return true, nil
}
