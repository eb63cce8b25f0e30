package dev.meshctl.proxy.intercept;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Where a redirected connection was going, by the socket option {@code SO_ORIGINAL_DST} of the connection tracking. */
public final class OriginalDestination {
    // linux/netfilter_ipv4.h and linux/netfilter_ipv6/ip6_tables.h; the levels are those of the two protocols.
    private static final int SO_ORIGINAL_DST = 80;
    private static final RawUnixChannelOption IPV4 = new RawUnixChannelOption("SO_ORIGINAL_DST", 0, SO_ORIGINAL_DST, 16);
    private static final RawUnixChannelOption IPV6 = new RawUnixChannelOption("IP6T_SO_ORIGINAL_DST", 41, SO_ORIGINAL_DST, 28);

    private static final int PORT_AT = 2;
    private static final int IPV4_AT = 4;
    private static final int IPV6_AT = 8;

    private OriginalDestination() {}

    /** Empty if the connection was not redirected: the client has called this listener by its own address. */
    public static Optional<InetSocketAddress> of(Channel accepted) {
        if (!(accepted instanceof EpollSocketChannel channel) || channel.localAddress() == null) {
            return Optional.empty();
        }
        InetSocketAddress local = channel.localAddress();
        try {
            boolean ipv4 = local.getAddress() instanceof Inet4Address;
            InetSocketAddress original = ipv4
                    ? read(channel.config().getOption(IPV4), IPV4_AT, 4) : read(channel.config().getOption(IPV6), IPV6_AT, 16);
            return original.equals(local) ? Optional.empty() : Optional.of(original);
        } catch (ChannelException | UnknownHostException notTracked) {
            return Optional.empty();
        }
    }

    // A sockaddr_in or sockaddr_in6.
    private static InetSocketAddress read(ByteBuffer address, int at, int length) throws UnknownHostException {
        if (address.limit() < at + length) {
            throw new UnknownHostException("the address is cut short");
        }
        byte[] bytes = new byte[length];
        address.get(at, bytes);
        int port = address.getShort(PORT_AT) & 0xffff;
        return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
    }
}
