--TEST--
A child tool sees that its parent holds the lock, a stranger does not
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$lock->acquire();
$ask = '$h = (new Sitelock\FileLock($path))->getHolders()[0]; say(($h->isAncestor() ? "ancestor" : "stranger") . ($h->isSelf() ? " self" : ""));';
$child = new Child($ask, $path);
echo $child->hear(), "\n";
$child->wait();
$child = new Child('$child = new Child(\'' . str_replace('$path', '"\' . $path . \'"', $ask) . '\'); say($child->hear()); $child->wait();', $path);
echo $child->hear(), "\n";
$child->wait();
$lock->release();
$stranger = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire(); say("locked"); hear();', $path);
$stranger->hear();
check('our child is no ancestor of ours', !$lock->getHolders()[0]->isAncestor());
$stranger->wait();
?>
--EXPECT--
ancestor
ancestor
ok our child is no ancestor of ours
