package dev.meshctl.proxy.inbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.http.SoleUpstream;
import dev.meshctl.proxy.tls.Origin;
import org.jspecify.annotations.Nullable;

/** A request that policy let through to the application. */
final class AppForwarding extends SoleUpstream {
    private static final int MAX_UNSENT_ATTEMPTS = 3;

    private final Origin app;
    private final String name;

    /** @param name of the application's address, in records */
    AppForwarding(Origin app, String name) {
        super(MAX_UNSENT_ATTEMPTS, FailureCause.APP_RESET);
        this.app = app;
        this.name = name;
    }

    @Override
    public Origin origin() {
        return app;
    }

    @Override
    public void describe(FlowBuilder flow, @Nullable SpiffeId peer) {
        flow.application(name);
    }
}
