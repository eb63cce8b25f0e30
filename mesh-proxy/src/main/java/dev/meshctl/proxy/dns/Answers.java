package dev.meshctl.proxy.dns;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Makes answers to queries (RFC 1035, 4.1). */
final class Answers {
    static final int NO_ERROR = 0;
    static final int FORMAT_ERROR = 1;
    static final int SERVER_FAILURE = 2;
    static final int NAME_ERROR = 3;
    static final int NOT_IMPLEMENTED = 4;

    /** What a client may keep: a service's addresses hardly ever change, but it may come and go. */
    static final Duration TTL = Duration.ofSeconds(30);
    /** Of an answer to a client that knows extensions; larger ones are never made here. */
    private static final int UDP_PAYLOAD = 1232;
    // 16 bytes of question name at least leave room for so many in 512 bytes.
    private static final int MAX_ADDRESSES = 8;

    private Answers() {}

    /** An answer without records, to anything that has a header; the question is left out because it was not understood. */
    static byte[] error(byte[] message, int code) {
        byte[] answer = Arrays.copyOf(message, Query.HEADER);
        flags(answer, code);
        Arrays.fill(answer, 4, Query.HEADER, (byte) 0);
        return answer;
    }

    /** An answer without records. */
    static byte[] empty(Query query, int code) {
        return addresses(query, code, List.of());
    }

    /** The first eight of these addresses, which all are of the kind that was asked for. */
    static byte[] addresses(Query query, List<InetAddress> addresses) {
        return addresses(query, NO_ERROR, addresses);
    }

    private static byte[] addresses(Query query, int code, List<InetAddress> all) {
        List<InetAddress> addresses = all.subList(0, Math.min(MAX_ADDRESSES, all.size()));
        byte[] head = Arrays.copyOf(query.message(), query.questionEnd());
        flags(head, code);
        count(head, 6, addresses.size());
        count(head, 8, 0);
        count(head, 10, query.edns() ? 1 : 0);
        ByteArrayOutputStream answer = new ByteArrayOutputStream(512);
        answer.writeBytes(head);
        for (InetAddress address : addresses) {
            byte[] bytes = address.getAddress();
            short16(answer, 0xc000 | Query.HEADER); // the name of the question
            short16(answer, query.type());
            short16(answer, Query.INTERNET);
            short16(answer, 0);
            short16(answer, Math.toIntExact(TTL.toSeconds()));
            short16(answer, bytes.length);
            answer.writeBytes(bytes);
        }
        if (query.edns()) {
            answer.write(0);
            short16(answer, Query.OPT);
            short16(answer, UDP_PAYLOAD);
            answer.writeBytes(new byte[6]);
        }
        return answer.toByteArray();
    }

    // An answer, recursion available; opcode and "recursion desired" are the client's.
    private static void flags(byte[] answer, int code) {
        answer[2] = (byte) (0x80 | (answer[2] & 0x79));
        answer[3] = (byte) (0x80 | code);
    }

    private static void count(byte[] head, int at, int count) {
        head[at] = 0;
        head[at + 1] = (byte) count;
    }

    private static void short16(ByteArrayOutputStream to, int value) {
        to.write(value >> 8);
        to.write(value);
    }

    static int code(byte[] answer) {
        return answer[3] & 0x0f;
    }
}
