package dev.meshctl.cli.demo;

import dev.meshctl.sample.HttpAnswer;
import java.util.List;

/** inventory is not exported, so there is no way to it from west under any name. */
final class UnexportedRefused implements DemoStep {
    @Override
    public String name() {
        return "unexported";
    }

    @Override
    public String title() {
        return "inventory is not exported, and cannot be reached from west";
    }

    @Override
    public List<String> run(DemoWorld world) throws DemoFailure, InterruptedException {
        HttpAnswer own = Await.until("inventory answers in east", DemoWorld.SOON, () -> {
            HttpAnswer each = world.get("east/catalog/v1", "http://inventory.shop/");
            return each.status() == 200 ? java.util.Optional.of(each) : java.util.Optional.empty();
        });
        HttpAnswer clusterset = refused(world, "http://inventory.shop.svc.clusterset.local/");
        HttpAnswer named = refused(world, "http://inventory.shop.svc.east.mesh/");
        return List.of(
                "inside east: 200, served by " + Answers.servedBy(own),
                "from west, clusterset.local: " + Answers.shown(clusterset),
                "from west, east.mesh: " + Answers.shown(named));
    }

    private static HttpAnswer refused(DemoWorld world, String url) throws DemoFailure {
        HttpAnswer answer = world.get("west/web/v1", url);
        DemoFailure.unless(answer.status() >= 400 && !Answers.cause(answer).isEmpty(),
                "expected a refusal with a cause from " + url + ", got " + Answers.shown(answer));
        return answer;
    }
}
