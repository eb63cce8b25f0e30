package dev.meshctl.cli.install.kubernetes.render;

import dev.meshctl.api.name.DnsLabel;

/**
 * What is rendered for.
 *
 * @param cluster its name in the fleet
 * @param version of meshctl, and of the image unless another tag is set
 */
public record Target(String cluster, String version) {
    public Target {
        DnsLabel.require(cluster, "cluster");
        if (version.isBlank()) {
            throw new IllegalArgumentException("a version is needed");
        }
    }
}
