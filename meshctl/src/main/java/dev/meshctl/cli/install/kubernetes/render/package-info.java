/**
 * Renders all objects of an installation, in the order in which they are applied.
 *
 * <p>What the daemons must do for this, beyond what their {@code config.json} takes already:
 * <ul>
 *   <li>One image; its entry point takes the component and {@code --config FILE}. The heap follows the memory limit of
 *       the container. {@code node} in the file is the component; where the pod matters (the holder of a lease, the
 *       node), the environment has {@code POD_NAME}, {@code POD_NAMESPACE} and {@code NODE_NAME}.
 *   <li>Option {@code platform} is {@code kubernetes}: the registry, the resources and the leases are those of the API
 *       server; {@code tokens} holds a service account token that the cluster renews, for the audience
 *       {@value dev.meshctl.cli.install.kubernetes.render.DaemonFiles#AUDIENCE}, and that is not deleted after use.
 *   <li>The trust bridge checks such tokens by TokenReview. It makes its CA when the Secret {@code trust-bridge-ca} is
 *       empty and keeps it there, in the files of its {@code ca} directory ({@code root.pem}, {@code issuing.pem}); it
 *       keeps the bundles of linked meshes in the ConfigMap {@code linked-bundles} and publishes its own in
 *       {@code mesh-bundle}. So its pods have no state, and several may sign.
 *   <li>The parts' service accounts are in namespace {@value dev.meshctl.cli.install.kubernetes.render.Site#NAMESPACE},
 *       their identities in {@link dev.meshctl.api.identity.SpiffeId#SYSTEM_NAMESPACE}: the trust bridge gives those
 *       identities to these accounts only, never to an account of a namespace that has that name.
 *   <li>The control plane serves webhooks at listener {@code webhooks} with a certificate for its Service, signed by a CA
 *       that it keeps in the Secret {@code webhook-ca} and writes into the webhook configurations. It copies
 *       {@code mesh-bundle} into the namespaces whose pods have proxies. Only replicas of the promoted revision (option
 *       {@code promoted}) take the lease of who writes.
 *   <li>Link tokens, and secrets that are still to be presented, are in the Secret of option {@code link-secret}. The
 *       gateway's Service is that of option {@code gateway-service}; {@code gateway-advertise} says instead what other
 *       clusters dial.
 *   <li>The gateway needs nothing of the API server: the control plane tells it what its Service is reached by.
 * </ul>
 *
 * <p>Objects that the mesh fills itself (Secrets, bundles) are rendered without data: applying them again by
 * server-side apply owns none of it, and nobody needs the right to create such objects.
 */
@NullMarked
package dev.meshctl.cli.install.kubernetes.render;

import org.jspecify.annotations.NullMarked;
