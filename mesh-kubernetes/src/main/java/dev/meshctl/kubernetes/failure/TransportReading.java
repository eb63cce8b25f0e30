package dev.meshctl.kubernetes.failure;

import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Reads failures without an answer: the way to the API server is broken. */
final class TransportReading {
    private static final String CHECK = "check the address of the cluster, the network and the VPN; then: kubectl cluster-info";

    private TransportReading() {}

    static ApiFailure of(List<Throwable> chain, String what) {
        // The innermost that is known says most: outer ones only wrap it.
        for (Throwable link : chain.reversed()) {
            ApiFailure known = known(link, what);
            if (known != null) {
                return known;
            }
        }
        for (Throwable link : chain) {
            if (closed(link)) {
                return unreachable(what, "the API server closed the connection without an answer");
            }
        }
        Throwable innermost = chain.getLast();
        return new ApiFailure(Cause.OTHER, what,
                Words.orElse(Words.oneLine(innermost.getMessage()), innermost.getClass().getSimpleName()),
                "run it again; if it fails again, check with: kubectl cluster-info");
    }

    private static @Nullable ApiFailure known(Throwable link, String what) {
        String said = Words.oneLine(link.getMessage());
        return switch (link) {
            case InterruptedException i -> new ApiFailure(Cause.INTERRUPTED, what, "it was interrupted", "run it again");
            case SSLException tls -> new ApiFailure(Cause.TLS, what, "TLS with the API server fails: " + tlsWords(said),
                    "check certificate-authority-data and the server's name in the kubeconfig, and the clock of this machine");
            case UnknownHostException host -> unreachable(what, "no such host: " + said);
            case UnresolvedAddressException host -> unreachable(what, "the name of the API server does not resolve");
            case HttpConnectTimeoutException timeout -> unreachable(what, "the API server takes no connection in time");
            case NoRouteToHostException route -> unreachable(what, "there is no route to the API server");
            case ConnectException refused -> unreachable(what, "the API server takes no connection"
                    + (said.isEmpty() ? "" : " (" + said + ")"));
            case HttpTimeoutException slow -> slow(what);
            case SocketTimeoutException slow -> slow(what);
            case TimeoutException slow -> slow(what);
            case KubernetesClientTimeoutException slow -> slow(what);
            case InterruptedIOException i -> new ApiFailure(Cause.INTERRUPTED, what, "it was interrupted", "run it again");
            case SocketException broken -> unreachable(what, "the connection broke (" + said + ")");
            default -> null;
        };
    }

    // The JDK's client puts one of these under what says more, so they count only when nothing else is known.
    private static boolean closed(Throwable link) {
        return link instanceof ClosedChannelException || link instanceof EOFException
                || (link instanceof IOException && Words.oneLine(link.getMessage()).contains("received no bytes"));
    }

    private static ApiFailure unreachable(String what, String why) {
        return new ApiFailure(Cause.UNREACHABLE, what, why, CHECK);
    }

    private static ApiFailure slow(String what) {
        return new ApiFailure(Cause.TIMEOUT, what, "the API server does not answer in time", CHECK);
    }

    private static String tlsWords(String said) {
        if (said.contains("unable to find valid certification path")) {
            return "its certificate is not signed by the CA of the kubeconfig";
        }
        if (said.contains("No subject alternative") || said.contains("No name matching")) {
            return "its certificate is for another name (" + said + ")";
        }
        if (said.contains("NotAfter")) {
            return "its certificate has expired (" + said + ")";
        }
        if (said.contains("plaintext connection")) {
            return "there is no TLS at this port";
        }
        return Words.orElse(said, "no reason given");
    }
}
