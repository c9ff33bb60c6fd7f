<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use PHPUnit\Framework\TestCase;
use Sitelock\Cli\ExitCode;

/** What is written about the command is what it does. */
final class DocumentsTest extends TestCase
{
    private const PACKAGE = __DIR__ . '/..';
    private const PAGE = self::PACKAGE . '/sitelock.1';

    private static function manual(): string
    {
        return file_get_contents(self::PACKAGE . '/../../docs/command-line.md');
    }

    public function testTheManualPageIsWhatTheHelpTextsMake(): void
    {
        exec(implode(' ', array_map('escapeshellarg', [PHP_BINARY, self::PACKAGE . '/build/man-page.php', getenv('PHAR')])), $lines);
        $this->assertSame($lines, file(self::PAGE, FILE_IGNORE_NEW_LINES), 'tools/build-phar --man-page makes it');
    }

    public function testTheManualPageIsWellFormed(): void
    {
        exec('groff -man -Tutf8 -ww -z ' . escapeshellarg(self::PAGE) . ' 2>&1', $warnings, $status);
        $this->assertSame([0, []], [$status, $warnings]);
    }

    public function testEveryExitCodeIsInTheManual(): void
    {
        foreach (ExitCode::MEANINGS as $code => $meaning) {
            $this->assertStringContainsString("\n| $code | $meaning |\n", self::manual());
        }
    }

    public function testEveryOptionIsInTheManual(): void
    {
        preg_match_all('/^\\\\fB((?:\\\\-|[a-z])+)/m', file_get_contents(self::PAGE), $match);
        $this->assertContains('\-\-on\-abandoned', $match[1]);
        foreach ($match[1] as $option) {
            $this->assertStringContainsString(strtr($option, ['\-' => '-']), self::manual());
        }
    }

    public function testTheVersionIsThatOfTheExtension(): void
    {
        preg_match('/PHP_SITELOCK_VERSION "(.*)"/', file_get_contents(self::PACKAGE . '/../../src/php/php_sitelock.h'), $match);
        $this->assertStringContainsString("VERSION = '$match[1]'", file_get_contents(self::PACKAGE . '/src/Application.php'));
    }
}
