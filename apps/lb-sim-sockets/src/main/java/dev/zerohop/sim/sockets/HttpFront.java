package dev.zerohop.sim.sockets;

import dev.zerohop.report.LoadReports;
import dev.zerohop.server.LoadReporter;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;

/** The HTTP side of a server: any request, with the work of the call in a header; and its load, which a GET of {@value #LOAD} fetches apart from calls. */
final class HttpFront extends SimpleChannelInboundHandler<FullHttpRequest> {
    /** The work in nanoseconds. */
    static final String WORK = "X-Work-Nanos";

    private static final String LOAD = "/load";

    private static final int MAX_BODY_BYTES = 1 << 16;

    private final Places places;
    private final LoadReporter reporter;

    private HttpFront(Places places, LoadReporter reporter) {
        this.places = places;
        this.reporter = reporter;
    }

    static ChannelInitializer<Channel> of(Places places, LoadReporter reporter) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline()
                        .addLast(new HttpServerCodec())
                        .addLast(new HttpObjectAggregator(MAX_BODY_BYTES))
                        .addLast(new HttpFront(places, reporter));
            }
        };
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (request.uri().equals(LOAD)) {
            places.probed();
            write(context, HttpResponseStatus.NO_CONTENT, reporter.header());
            return;
        }
        String work = request.headers().get(WORK);
        if (request.decoderResult().isFailure() || work == null) {
            write(context, HttpResponseStatus.BAD_REQUEST, reporter.header());
            return;
        }
        LoadReporter.Request counted = reporter.begin();
        places.arrive(Long.parseLong(work), reply -> {
            switch (reply) {
                case OK -> answer(context, counted, HttpResponseStatus.OK);
                case ERROR -> answer(context, counted, HttpResponseStatus.INTERNAL_SERVER_ERROR);
                case OVERLOADED -> answer(context, counted, HttpResponseStatus.TOO_MANY_REQUESTS);
                case DROPPED -> {
                    counted.abandon();
                    context.close();
                }
            }
        });
    }

    private static void answer(ChannelHandlerContext context, LoadReporter.Request counted, HttpResponseStatus status) {
        counted.end(status.equals(HttpResponseStatus.INTERNAL_SERVER_ERROR));
        write(context, status, counted.header());
    }

    private static void write(ChannelHandlerContext context, HttpResponseStatus status, String load) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
        response.headers().set(LoadReports.HEADER, load);
        if (status != HttpResponseStatus.NO_CONTENT) {
            response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, 0);
        }
        context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
