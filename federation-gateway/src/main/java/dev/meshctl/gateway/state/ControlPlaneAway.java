package dev.meshctl.gateway.state;

/** There is no control plane to ask now. */
public final class ControlPlaneAway extends Exception {
    private static final long serialVersionUID = 1L;

    public ControlPlaneAway(String why) {
        super(why);
    }
}
