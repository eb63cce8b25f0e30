package dev.meshctl.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class JUnitReportTest {
    private static CheckResult result(Check check, Result result, String evidence) {
        return new CheckResult(check, "west", "", result, evidence, "meshctl status", Duration.ofMillis(12));
    }

    @Test
    void is_valid_xml_that_counts_failures_errors_and_skips() throws Exception {
        VerifyReport report = new VerifyReport(FakeFleet.NOW, Duration.ofSeconds(1), List.of(
                result(Check.MV0101, Result.PASS, "all \u0007 well"),
                result(Check.MV0102, Result.FAIL, "<refused> & \"gone\""),
                result(Check.MV0103, Result.UNKNOWN, "no answer"),
                result(Check.MV0104, Result.WARN, "soon"),
                result(Check.MV0201, Result.SKIPPED, "not here")));
        Document document = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(
                new ByteArrayInputStream(JUnitReport.write(report).getBytes(StandardCharsets.UTF_8)));
        Element suite = (Element) document.getElementsByTagName("testsuite").item(0);
        assertThat(List.of("name", "tests", "failures", "errors", "skipped").stream().map(suite::getAttribute))
                .containsExactly("west", "5", "1", "1", "1");
        Element failure = (Element) document.getElementsByTagName("failure").item(0);
        assertThat(failure.getAttribute("message")).isEqualTo("<refused> & \"gone\"");
        assertThat(failure.getTextContent()).contains("next: meshctl status");
        assertThat(document.getElementsByTagName("error").getLength()).isEqualTo(1);
        assertThat(document.getElementsByTagName("testcase").getLength()).isEqualTo(5);
    }
}
