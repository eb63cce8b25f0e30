package dev.meshctl.gateway.state;

import dev.meshctl.api.proto.control.AddressUpdate;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.LinkStatus;

/**
 * What links report to the own control plane. Only the newest of each kind and peer is kept until it can be
 * sent, so an absent control plane costs no memory.
 */
public interface Uplink {
    void linkStatus(LinkStatus status);

    /** The imports of this peer have changed. */
    void importsChanged(String peer);

    void bundle(BundleUpdate update);

    void addresses(AddressUpdate update);

    /** The link is gone: nothing is to be said of this peer any more. */
    void forget(String peer);
}
