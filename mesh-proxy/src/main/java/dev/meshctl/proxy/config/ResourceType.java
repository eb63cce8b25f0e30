package dev.meshctl.proxy.config;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.Address;
import dev.meshctl.api.proto.config.Bundle;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.config.Settings;
import java.util.Optional;

/** The six types of configuration resources and how their bytes become messages. */
public enum ResourceType {
    SERVICE(Service.getDefaultInstance()),
    ENDPOINTS(Endpoints.getDefaultInstance()),
    ACCESS(Access.getDefaultInstance()),
    BUNDLE(Bundle.getDefaultInstance()),
    SETTINGS(Settings.getDefaultInstance()),
    ADDRESS(Address.getDefaultInstance());

    /** The subscription to every resource of a type. */
    static final String WILDCARD = "*";

    private final Message prototype;
    private final String typeUrl;

    ResourceType(Message prototype) {
        this.prototype = prototype;
        this.typeUrl = "type.googleapis.com/" + prototype.getDescriptorForType().getFullName();
    }

    /** As in {@code type.googleapis.com/meshctl.config.v1.Service}. */
    public String typeUrl() {
        return typeUrl;
    }

    /** The bare name of the message, for humans. */
    public String shortName() {
        return prototype.getDescriptorForType().getName();
    }

    static Optional<ResourceType> of(String typeUrl) {
        for (ResourceType type : values()) {
            if (type.typeUrl.equals(typeUrl)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** Reads the message; a payload of another type or broken bytes are a rejection. */
    <M extends Message> M parse(Class<M> message, String name, Any payload) throws ResourceRejected {
        if (!payload.getTypeUrl().equals(typeUrl)) {
            throw new ResourceRejected(this, name, "its payload is of type " + payload.getTypeUrl());
        }
        try {
            return message.cast(prototype.getParserForType().parseFrom(payload.getValue()));
        } catch (InvalidProtocolBufferException e) {
            throw new ResourceRejected(this, name, "its bytes are broken: " + e.getMessage());
        }
    }
}
