package dev.meshctl.proxy.dns;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What is read of {@code resolv.conf(5)}: the name servers, at most three. */
public record ResolvConf(List<InetSocketAddress> servers) {
    /** Where it is. */
    public static final Path FILE = Path.of("/etc/resolv.conf");

    private static final int MAX_SERVERS = 3;
    private static final int MAX_BYTES = 64 * 1024;
    private static final int DNS_PORT = 53;

    public ResolvConf {
        servers = List.copyOf(servers);
    }

    /** Reads the file. */
    public static ResolvConf read(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return parse(new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1));
        }
    }

    /** Lines that are not understood are nobody's name server. */
    static ResolvConf parse(String text) {
        List<InetSocketAddress> servers = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            String[] words = line.strip().split("[ \t]+", -1);
            if (words.length < 2 || !words[0].equals("nameserver") || servers.size() == MAX_SERVERS) {
                continue;
            }
            byte[] address = NetUtil.createByteArrayFromIpAddressString(words[1]);
            if (address != null) {
                servers.add(new InetSocketAddress(address(address), DNS_PORT));
            }
        }
        return new ResolvConf(servers);
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }
}
