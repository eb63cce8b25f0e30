package dev.meshctl.control.snapshot;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.meshctl.api.proto.xds.Resource;
import java.util.Map;
import java.util.Optional;

/**
 * One resource in the form in which it travels. The message is serialised here, once; all streams share
 * the bytes.
 */
public final class ConfigResource {
    private final ConfigKey key;
    private final Resource wire;
    private final Map<String, ConfigResource> views;
    private final Optional<ConfigResource> byOthers;

    private ConfigResource(ConfigKey key, Resource wire, Map<String, ConfigResource> views, Optional<ConfigResource> byOthers) {
        this.key = key;
        this.wire = wire;
        this.views = views;
        this.byOthers = byOthers;
    }

    /**
     * The same as a whole, with the parts of it that proxies of one namespace get.
     *
     * @param byNamespace what a proxy of the namespace gets
     * @param byOthers what one of any other namespace gets
     */
    ConfigResource withViews(Map<String, ConfigResource> byNamespace, ConfigResource byOthers) {
        return new ConfigResource(key, wire, Map.copyOf(byNamespace), Optional.of(byOthers));
    }

    /** What a proxy gets all of whose workloads are in that namespace. */
    public ConfigResource seenFrom(String namespace) {
        ConfigResource view = views.get(namespace);
        return view != null ? view : byOthers.orElse(this);
    }

    /** Serialises the message and names its version by its content. */
    public static ConfigResource of(ConfigType type, String name, MessageLite message) {
        ByteString bytes = message.toByteString();
        Resource wire = Resource.newBuilder()
                .setName(name)
                .setVersion(ContentHash.of(bytes))
                .setResource(Any.newBuilder().setTypeUrl(type.typeUrl()).setValue(bytes))
                .build();
        return new ConfigResource(new ConfigKey(type, name), wire, Map.of(), Optional.empty());
    }

    public ConfigKey key() {
        return key;
    }

    public String version() {
        return wire.getVersion();
    }

    /** The message to put into a response. */
    public Resource wire() {
        return wire;
    }

    /** Reads the message back. */
    public <M> M message(Parser<M> parser) {
        try {
            return parser.parseFrom(wire.getResource().getValue());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(key + " was serialised by this process", e);
        }
    }

    @Override
    public String toString() {
        return key + "@" + version();
    }
}
