package dev.meshctl.control.policy;

import dev.meshctl.api.proto.config.HeaderEdit;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.Redirect;
import dev.meshctl.api.proto.config.Rewrite;
import dev.meshctl.api.resource.GrpcRoute;
import dev.meshctl.api.resource.HttpRoute.Filter;
import dev.meshctl.api.resource.HttpRoute.HeaderModifier;
import dev.meshctl.api.resource.HttpRoute.RequestRedirect;
import dev.meshctl.api.resource.HttpRoute.UrlRewrite;
import java.util.ArrayList;
import java.util.List;

/** Filters of a rule as fields of the compiled route. */
final class Filters {
    private Filters() {}

    static void apply(Filter filter, HttpRoute.Builder route) {
        filter.requestHeaderModifier().ifPresent(m -> route.addAllRequestHeaderEdits(edits(m)));
        filter.responseHeaderModifier().ifPresent(m -> route.addAllResponseHeaderEdits(edits(m)));
        filter.requestRedirect().ifPresent(r -> route.setRedirect(redirect(r)));
        filter.urlRewrite().ifPresent(r -> route.setRewrite(rewrite(r)));
    }

    static void apply(GrpcRoute.Filter filter, HttpRoute.Builder route) {
        filter.requestHeaderModifier().ifPresent(m -> route.addAllRequestHeaderEdits(edits(m)));
        filter.responseHeaderModifier().ifPresent(m -> route.addAllResponseHeaderEdits(edits(m)));
    }

    private static List<HeaderEdit> edits(HeaderModifier modifier) {
        List<HeaderEdit> edits = new ArrayList<>();
        modifier.remove().forEach(name -> edits.add(edit(HeaderEdit.Action.REMOVE, name, "")));
        modifier.set().forEach(h -> edits.add(edit(HeaderEdit.Action.SET, h.name(), h.value())));
        modifier.add().forEach(h -> edits.add(edit(HeaderEdit.Action.ADD, h.name(), h.value())));
        return edits;
    }

    private static HeaderEdit edit(HeaderEdit.Action action, String name, String value) {
        return HeaderEdit.newBuilder().setAction(action).setName(name).setValue(value).build();
    }

    private static Redirect redirect(RequestRedirect redirect) {
        Redirect.Builder message = Redirect.newBuilder()
                .setScheme(redirect.scheme())
                .setHostname(redirect.hostname())
                .setPort(redirect.port().orElse(0))
                .setStatusCode(redirect.statusCode());
        redirect.path().ifPresent(path -> {
            path.replaceFullPath().ifPresent(full -> message.setPathFull(rooted(full)));
            path.replacePrefixMatch().ifPresent(prefix -> message.setPathPrefix(rooted(prefix)));
        });
        return message.build();
    }

    private static Rewrite rewrite(UrlRewrite rewrite) {
        Rewrite.Builder message = Rewrite.newBuilder().setHostname(rewrite.hostname());
        rewrite.path().ifPresent(path -> {
            path.replaceFullPath().ifPresent(full -> message.setPathFull(rooted(full)));
            path.replacePrefixMatch().ifPresent(prefix -> message.setPathPrefix(rooted(prefix)));
        });
        return message.build();
    }

    /** The empty path is the root; on the wire an empty field means that there is nothing to replace. */
    private static String rooted(String path) {
        return path.isEmpty() ? "/" : path;
    }
}
