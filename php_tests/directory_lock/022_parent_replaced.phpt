--TEST--
The directory that the lock is in is replaced while others wait: they have the lock at the new place, soon, without spinning
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$wait = '$lock = new Sitelock\DirectoryLock($path);
    $cpu = function (): float { $used = getrusage(); return $used["ru_utime.tv_sec"] + $used["ru_stime.tv_sec"] + ($used["ru_utime.tv_usec"] + $used["ru_stime.tv_usec"]) / 1e6; };
    $before = $cpu();
    try { $had = $lock->METHOD(INF, function () { static $calls = 0; $calls++ || say("waits"); }); } catch (Sitelock\LockException $e) { say(get_class($e) . ": " . $e->getMessage()); exit; }
    $used = $cpu() - $before;
    say($had ? "held" : "NOT"); say($lock->isAcquired() ? "the right one" : "the wrong one"); say((string) $used); hear(); $lock->release(); say("released");';

// What becomes of the directory: each returns where it is now, or null if it is gone.
$switches = [
    'a link in the path is switched' => function (string $in): string {
        mkdir("$in.2");
        symlink(basename("$in.2"), "$in.new");
        rename("$in.new", $in);
        return "$in.1";
    },
    'moved away and made anew' => function (string $in): string {
        rename($in, "$in.away");
        mkdir($in);
        return "$in.away";
    },
    'removed and made anew' => function (string $in): ?string {
        remove_tree($in);
        mkdir($in);
        return null;
    },
];

/** Nobody shall see the moment at which there is none: then there would rightly be an error. */
function while_it_stands_still(Child $child, callable $change)
{
    posix_kill($child->pid(), SIGSTOP);
    wait_until(function () use ($child) { return preg_match('/^\d+ \(.*\) T /s', (string) file_get_contents("/proc/{$child->pid()}/stat")) === 1; });
    $result = $change();
    posix_kill($child->pid(), SIGCONT);
    return $result;
}

// All at the same time, for each takes a second.
$cases = [];
foreach ($switches as $name => $switch) {
    foreach (['acquire', 'acquireShared'] as $method) {
        foreach (['who stays', 'who ends then', 'of whom it cannot be known', 'and one in the new place'] as $owner) {
            $case = new stdClass();
            $in = dirname(test_path_alone()) . '/place';
            if ($name === 'a link in the path is switched') {
                mkdir("$in.1");
                symlink(basename("$in.1"), $in);
            } else {
                mkdir($in);
            }
            $case->in = $in;
            $case->path = "$in/lock";
            $case->lock = new Sitelock\DirectoryLock($case->path);
            if ($owner === 'of whom it cannot be known') {
                unknown_owner($case->path);
            } else {
                $case->lock->acquire();
            }
            $case->record = record($case->path);
            $case->waiter = new Child(str_replace('METHOD', $method, $wait), $case->path);
            $case->waiter->hear();
            if ($owner !== 'of whom it cannot be known') {
                wait_for_waiters($case->record, 1);
            }
            $case->owner = $owner;
            $case->switch = $switch;
            $cases["$name, $method, an owner $owner"] = $case;
        }
    }
}
foreach ($cases as $case) {
    $case->old = while_it_stands_still($case->waiter, function () use ($case) {
        $old = ($case->switch)($case->in);
        if ($case->owner === 'and one in the new place') {
            $case->next = new Sitelock\DirectoryLock($case->path);
            $case->next->acquire();
        }
        return $old;
    });
    $case->since = hrtime(true);
    if ($case->owner === 'who ends then') {
        try {
            $case->lock->release();
            echo "NOT OK he has not lost it\n";
        } catch (Sitelock\LostLockException $e) {
        }
    }
}
foreach ($cases as $name => $case) {
    if (isset($case->next)) {
        check("$name: waits for that", wait_for_waiters(record($case->path), 1));
        $case->next->release();
        $case->since = hrtime(true);
    }
    if (!$case->waiter->speaks_within(max(0.0, 2.5 - (hrtime(true) - $case->since) / 1e9))) {
        echo "NOT OK $name: it waits where no lock is any more\n";
        $case->waiter->kill();
        continue;
    }
    $said = $case->waiter->hear();
    check("$name: held", $said === 'held' && $case->waiter->hear() === 'the right one' && is_directory_locked($case->path));
    if ($said !== 'held') {
        echo "$said\n";
        continue;
    }
    $used = (float) $case->waiter->hear();
    check('and it has not spun', $used < 0.3);
    check('the new place has this alone', entries($case->in) === ['lock'] && count(records($case->path)) === 1);
    $case->waiter->tell('release');
    check('released', $case->waiter->hear() === 'released' && $case->waiter->wait() === 0 && entries($case->in) === []);
    if ($case->owner === 'who stays' || $case->owner === 'and one in the new place') {
        try {
            $case->lock->release();
            echo "NOT OK he has not lost it\n";
        } catch (Sitelock\LostLockException $e) {
        }
    }
    if ($case->old !== null) {
        $left = entries("$case->old/lock");
        check('nothing is left in the old one', array_diff(entries($case->old), ['lock']) === []
            && $left === ($case->owner === 'of whom it cannot be known' ? [basename($case->record)] : []));
    }
}
?>
--EXPECT--
ok a link in the path is switched, acquire, an owner who stays: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok a link in the path is switched, acquire, an owner who ends then: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok a link in the path is switched, acquire, an owner of whom it cannot be known: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok a link in the path is switched, acquire, an owner and one in the new place: waits for that
ok a link in the path is switched, acquire, an owner and one in the new place: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok a link in the path is switched, acquireShared, an owner who stays: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok a link in the path is switched, acquireShared, an owner who ends then: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok a link in the path is switched, acquireShared, an owner of whom it cannot be known: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok a link in the path is switched, acquireShared, an owner and one in the new place: waits for that
ok a link in the path is switched, acquireShared, an owner and one in the new place: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok moved away and made anew, acquire, an owner who stays: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok moved away and made anew, acquire, an owner who ends then: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok moved away and made anew, acquire, an owner of whom it cannot be known: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok moved away and made anew, acquire, an owner and one in the new place: waits for that
ok moved away and made anew, acquire, an owner and one in the new place: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok moved away and made anew, acquireShared, an owner who stays: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok moved away and made anew, acquireShared, an owner who ends then: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok moved away and made anew, acquireShared, an owner of whom it cannot be known: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok moved away and made anew, acquireShared, an owner and one in the new place: waits for that
ok moved away and made anew, acquireShared, an owner and one in the new place: held
ok and it has not spun
ok the new place has this alone
ok released
ok nothing is left in the old one
ok removed and made anew, acquire, an owner who stays: held
ok and it has not spun
ok the new place has this alone
ok released
ok removed and made anew, acquire, an owner who ends then: held
ok and it has not spun
ok the new place has this alone
ok released
ok removed and made anew, acquire, an owner of whom it cannot be known: held
ok and it has not spun
ok the new place has this alone
ok released
ok removed and made anew, acquire, an owner and one in the new place: waits for that
ok removed and made anew, acquire, an owner and one in the new place: held
ok and it has not spun
ok the new place has this alone
ok released
ok removed and made anew, acquireShared, an owner who stays: held
ok and it has not spun
ok the new place has this alone
ok released
ok removed and made anew, acquireShared, an owner who ends then: held
ok and it has not spun
ok the new place has this alone
ok released
ok removed and made anew, acquireShared, an owner of whom it cannot be known: held
ok and it has not spun
ok the new place has this alone
ok released
ok removed and made anew, acquireShared, an owner and one in the new place: waits for that
ok removed and made anew, acquireShared, an owner and one in the new place: held
ok and it has not spun
ok the new place has this alone
ok released
