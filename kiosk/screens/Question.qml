import QtQuick
import Jiaohao.Kit

// The one question of a page.
BiText {
    size: Theme.textTitle
    otherSize: Theme.textCaption
    strong: true
    spacing: 0
}
