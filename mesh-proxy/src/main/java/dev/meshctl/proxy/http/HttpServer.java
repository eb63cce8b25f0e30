package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.Limits;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;

/** Turns an accepted channel, whose bytes are HTTP, into one that forwards requests as planned. */
public final class HttpServer {
    private final HttpPlanner planner;
    private final HttpPools pools;
    private final Limits limits;
    private final BufferMemory memory;

    public HttpServer(HttpPlanner planner, HttpPools pools, Limits limits, BufferMemory memory) {
        this.memory = memory;
        this.planner = planner;
        this.pools = pools;
        this.limits = limits;
    }

    /** HTTP/1.0 and 1.1. Auto-read must be off. */
    public void installHttp1(Channel channel) {
        ResponseEncoder encoder = new ResponseEncoder();
        HttpServerHandler handler = new HttpServerHandler(planner, pools, limits, memory, encoder);
        channel.pipeline().addLast(
                new HeadWatch(handler), new RequestDecoder(limits), encoder, handler);
    }

    /** HTTP/2, each stream a channel of its own. */
    public void installHttp2(Channel channel) {
        Http2FrameCodec codec = Http2Pipelines.serverCodec(limits);
        Http2ServerConnection connection = new Http2ServerConnection(limits);
        ChannelInitializer<Channel> streams = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel stream) {
                stream.config().setAutoRead(false);
                connection.opened(stream);
                ChannelPipeline pipeline = stream.pipeline();
                pipeline.addLast(new Http2StreamFrameToHttpObjectCodec(true),
                        new HttpServerHandler(planner, pools, limits, memory, null));
            }
        };
        channel.pipeline().addLast(codec, new Http2MultiplexHandler(streams), connection);
        Http2Pipelines.widenConnectionWindow(codec, limits);
        channel.config().setAutoRead(true);
    }
}
