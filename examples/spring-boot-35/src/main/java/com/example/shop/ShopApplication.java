package com.example.shop;

import dev.zerohop.spring.Zerohop;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.grpc.client.GrpcChannelFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.support.RestClientAdapter;
import org.springframework.web.service.annotation.GetExchange;
import org.springframework.web.service.invoker.HttpServiceProxyFactory;

@SpringBootApplication
public class ShopApplication {

    public static void main(String[] args) {
        SpringApplication.run(ShopApplication.class, args);
    }

    /** The service "orders", as an HTTP interface. */
    interface Orders {
        @GetExchange("/orders/{id}")
        String order(@PathVariable String id);
    }

    @Bean
    RestClient ordersClient(@Zerohop("orders") RestClient.Builder builder) {
        return builder.build();
    }

    @Bean
    Orders orders(RestClient ordersClient) {
        return HttpServiceProxyFactory.builderFor(RestClientAdapter.create(ordersClient))
                .build()
                .createClient(Orders.class);
    }

    /** The service "stock", over gRPC, where a call has no deadline unless one is stated. */
    @Bean
    StockGrpc.BlockingStub stock(GrpcChannelFactory channels, @Value("${shop.stock.deadline}") Duration deadline) {
        return new StockGrpc.BlockingStub(channels.createChannel("zerohop:///stock"), deadline);
    }

    @RestController
    static class Shop {
        private final Orders orders;
        private final StockGrpc.BlockingStub stock;

        Shop(Orders orders, StockGrpc.BlockingStub stock) {
            this.orders = orders;
            this.stock = stock;
        }

        @GetMapping("/shop/{id}")
        String shop(@PathVariable String id) {
            return orders.order(id) + ", " + stock.count(id) + " in stock";
        }
    }
}
