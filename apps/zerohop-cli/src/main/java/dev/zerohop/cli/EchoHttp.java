package dev.zerohop.cli;

import dev.zerohop.report.LoadReports;
import dev.zerohop.server.LoadReporter;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Answers every HTTP request of one connection with the server's id, in the body and in the header {@value #SERVER_ID}, and with its load. {@value #LOAD} is for probes: it is at once and does not count. */
final class EchoHttp extends SimpleChannelInboundHandler<FullHttpRequest> {
    static final String SERVER_ID = "X-Server-Id";
    static final String LOAD = "/load";
    static final int MAX_BODY_BYTES = 16 * 1024 * 1024;

    private static final AttributeKey<Integer> RUNNING = AttributeKey.valueOf(EchoHttp.class, "running");

    private final String id;
    private final EchoServer.Behaviour behaviour;
    private final Connections connections;
    private final LoadReporter reporter;

    EchoHttp(String id, EchoServer.Behaviour behaviour, Connections connections, LoadReporter reporter) {
        this.id = id;
        this.behaviour = behaviour;
        this.connections = connections;
        this.reporter = reporter;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.channel().attr(RUNNING).set(0);
        connections.add(context.channel());
        context.fireChannelActive();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            context.writeAndFlush(response(HttpResponseStatus.BAD_REQUEST)).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        Channel channel = context.channel();
        channel.attr(RUNNING).set(channel.attr(RUNNING).get() + 1);
        boolean keepAlive = HttpUtil.isKeepAlive(request);
        if (request.uri().equals(LOAD)) {
            send(channel, keepAlive, response(HttpResponseStatus.OK), reporter.header());
            return;
        }
        LoadReporter.Request begun = reporter.begin();
        long delay = behaviour.nextDelayMillis();
        if (delay == 0) {
            answer(channel, keepAlive, begun);
        } else {
            channel.eventLoop().schedule(() -> answer(channel, keepAlive, begun), delay, TimeUnit.MILLISECONDS);
        }
    }

    private void answer(Channel channel, boolean keepAlive, LoadReporter.Request begun) {
        boolean fails = behaviour.nextFails();
        String load = begun.header();
        begun.end(fails);
        send(
                channel,
                keepAlive,
                response(fails ? HttpResponseStatus.INTERNAL_SERVER_ERROR : HttpResponseStatus.OK),
                load);
    }

    private void send(Channel channel, boolean keepAlive, FullHttpResponse response, String load) {
        boolean stays = keepAlive && !connections.draining;
        response.headers().set(LoadReports.HEADER, load);
        if (!stays) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        channel.attr(RUNNING).set(channel.attr(RUNNING).get() - 1);
        channel.writeAndFlush(response)
                .addListener(stays ? ChannelFutureListener.CLOSE_ON_FAILURE : ChannelFutureListener.CLOSE);
    }

    private FullHttpResponse response(HttpResponseStatus status) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, status, Unpooled.copiedBuffer(id, StandardCharsets.UTF_8));
        response.headers()
                .set(SERVER_ID, id)
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .setInt(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        return response;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    /** All connections of one server. */
    static final class Connections {
        private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        private volatile boolean draining;

        void add(Channel channel) {
            open.add(channel);
        }

        /** Makes each answer the last of its connection; connections without a call are closed after {@code lingerMillis}. */
        void drain(long lingerMillis) {
            draining = true;
            for (Channel channel : open) {
                channel.eventLoop()
                        .schedule(
                                () -> {
                                    if (channel.attr(RUNNING).get() == 0) {
                                        channel.close();
                                    }
                                },
                                lingerMillis,
                                TimeUnit.MILLISECONDS);
            }
        }

        void awaitNone(long nanos) throws InterruptedException {
            open.newCloseFuture().await(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        }

        void cut() {
            open.close().awaitUninterruptibly();
        }
    }
}
